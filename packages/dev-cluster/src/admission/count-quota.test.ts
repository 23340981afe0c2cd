import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueAt } from "../store/api-object.ts";
import { TestCluster } from "../testing/test-cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start();
});
afterAll(() => cluster.stop());

const namespace = "/api/v1/namespaces/default";
const configMaps = `${namespace}/configmaps`;

describe("quota by count", () => {
  it("refuses one object too many, naming quota and numbers, and frees what is deleted", async () => {
    const hard = { configmaps: "2", "count/deployments.apps": "0" };
    await cluster.create(`${namespace}/resourcequotas`, { metadata: { name: "few" }, spec: { hard } });
    expect((await cluster.create(configMaps, { metadata: { name: "a" } })).code).toBe(201);
    expect((await cluster.create(configMaps, { metadata: { name: "b" } })).code).toBe(201);
    const refused = await cluster.create(configMaps, { metadata: { name: "c" } });
    expect(refused.code).toBe(403);
    expect(refused.body["message"]).toBe(
      'configmaps "c" is forbidden: exceeded quota: few, requested: configmaps=1, used: configmaps=2, limited: configmaps=2',
    );
    await cluster.request("DELETE", `${configMaps}/a`);
    expect((await cluster.create(configMaps, { metadata: { name: "c" } })).code).toBe(201);
    const { body } = await cluster.get(`${namespace}/resourcequotas/few`);
    expect(valueAt(body, "status", "used")).toEqual({ configmaps: "2", "count/deployments.apps": "0" });
  });

  it("lets as many through as it allows, however many come at once", async () => {
    await cluster.create(`${namespace}/resourcequotas`, {
      metadata: { name: "three" },
      spec: { hard: { secrets: "3" } },
    });
    const make = (name: string) => cluster.create(`${namespace}/secrets`, { metadata: { name } });
    const answers = await Promise.all(["a", "b", "c", "d", "e", "f"].map(make));
    expect(answers.map(({ code }) => code).sort()).toEqual([201, 201, 201, 403, 403, 403]);
    await cluster.request("DELETE", `${namespace}/resourcequotas/three`);
  });

  it("refuses an object that etcd would not take", async () => {
    const { code } = await cluster.create(`${namespace}/secrets`, {
      metadata: { name: "s", annotations: {} },
      stringData: { a: "x".repeat(1_000_000) },
    });
    expect(code).toBe(422);
  });
});
