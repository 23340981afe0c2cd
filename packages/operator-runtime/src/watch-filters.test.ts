import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevCluster, startDevCluster } from "@moorage/dev-cluster";
import type { ClusterConfig } from "@moorage/kube-client";
import { ConfigMap, Secret } from "@moorage/kube-types/core-v1";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ClusterView } from "./cluster-view.ts";
import { type Controller, watch } from "./controller.ts";
import { desired } from "./outcome.ts";
import { type TestOperator, testOperator } from "./testing/test-operator.ts";

const namespace = "default";
let dir: string;
let devCluster: DevCluster;
let cluster: ClusterConfig;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "moorage-filters-"));
  devCluster = await startDevCluster({ dir, node: false });
  const [token, ca] = await Promise.all(
    ["admin.token", "ca.crt"].map((file) => readFile(join(dir, "pki", file), "utf8")),
  );
  cluster = { server: devCluster.url, namespace, token: { data: token?.trim() ?? "" }, ca: { data: ca ?? "" } };
});
afterAll(async () => {
  await devCluster.stop();
  await rm(dir, { recursive: true });
});

async function operate(...controllers: Controller[]): Promise<TestOperator> {
  const operator = await testOperator({ cluster, controllers });
  onTestFinished(() => operator.stop());
  return operator;
}

function secret(name: string, labels: Record<string, string> = {}): Secret {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace, labels }, stringData: { key: "value" } };
}

/** Notes what each pass sees of a kind, under the controller's name. */
function noting(seen: Map<string, readonly (Secret | ConfigMap)[]>, controller: Omit<Controller, "reconcile">) {
  const reconcile = (_object: unknown, cluster: ClusterView) => {
    seen.set(controller.name, [...cluster.list(Secret)]);
    return { conditions: [] };
  };
  return { ...controller, reconcile };
}

const toAll = (name: string) => () => [{ namespace, name }];
const names = (objects: readonly (Secret | ConfigMap)[] = []) => objects.map(({ metadata }) => metadata.name).sort();

describe("a watch with filters", () => {
  it("lets through what its selectors match, without narrowing what other controllers see", async () => {
    const seen = new Map<string, readonly Secret[]>();
    const of = (name: string, watches: Controller["watches"] = []) =>
      noting(seen, { name, for: ConfigMap, owns: [], watches });
    const operator = await operate(
      of("blue", [watch(Secret, toAll("main"), { labelSelector: "colour=blue" })]),
      of("one", [watch(Secret, toAll("main"), { fieldSelector: "metadata.name=green" })]),
      of("both", [
        watch(Secret, toAll("main"), { labelSelector: "colour=blue" }),
        watch(Secret, toAll("main"), { fieldSelector: "metadata.name=green" }),
      ]),
      of("all", [watch(Secret, toAll("main"))]),
    );
    await operator.client.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "main", namespace },
    });
    for (const made of [secret("blue", { colour: "blue" }), secret("green"), secret("other")]) {
      await operator.apply(Secret, made);
    }
    const complete = () => names(seen.get("both")).length === 2 && names(seen.get("all")).includes("other");
    while (!complete()) await new Promise((resolve) => setImmediate(resolve));
    await operator.settled();
    expect(names(seen.get("blue"))).toEqual(["blue"]);
    expect(names(seen.get("one"))).toEqual(["green"]);
    expect(names(seen.get("both"))).toEqual(["blue", "green"]);
    expect(names(seen.get("all"))).toEqual(expect.arrayContaining(["blue", "green", "other"]));
    expect(operator.manager.cache.informers()).toHaveLength(4);
    // What ceases to match is gone for who asked for matches only.
    await operator.apply(Secret, secret("blue", { colour: "red" }));
    while (names(seen.get("blue")).length > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(names(seen.get("both"))).toEqual(["green"]);
  });
});

describe("a kind of which only metadata is read", () => {
  const owner: Controller = {
    name: "meta",
    for: Secret,
    owns: [ConfigMap],
    metadataOnly: [ConfigMap],
    filter: (before, after) => (before ?? after)?.metadata.name === "owner",
    reconcile: ({ metadata: { name } }) =>
      name === "owner"
        ? desired([{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "child" }, ...{ data: { a: "1" } } }], {
            conditions: [],
          })
        : { conditions: [] },
  };

  it("is cached without the rest, and its drift corrected all the same", async () => {
    const operator = await operate(owner);
    await operator.apply(Secret, secret("owner"));
    await operator.settled();
    const cached = () => operator.manager.cache.find(ConfigMap, { namespace, name: "child" });
    expect(cached()?.metadata.labels ?? {}).toEqual({});
    expect(cached()?.data).toBeUndefined();
    const stored = () => devCluster.api.get(ConfigMap, { namespace, name: "child" });
    expect(stored()?.data).toEqual({ a: "1" });
    devCluster.api.update(ConfigMap, { ...structuredClone(stored() ?? secret("x")), data: { a: "drifted" } });
    while (stored()?.data?.["a"] !== "1") await new Promise((resolve) => setImmediate(resolve));
    await operator.settled();
    expect(cached()?.data).toBeUndefined();
  });

  it("is whole where another controller reads it", async () => {
    const reader = { name: "reader", for: ConfigMap, owns: [], reconcile: () => ({ conditions: [] }) };
    const operator = await operate(owner, reader);
    await operator.apply(Secret, secret("owner"));
    await operator.settled();
    expect(operator.manager.cache.find(ConfigMap, { namespace, name: "child" })?.data).toEqual({ a: "1" });
    expect(operator.manager.cache.informers()).toHaveLength(2);
  });
});
