import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevCluster, startDevCluster } from "@moorage/dev-cluster";
import { ConfigMap, Secret, Service } from "@moorage/kube-types/core-v1";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Controller, reads, watch } from "./controller.ts";
import { desired } from "./outcome.ts";
import { type TestOperator, testOperator } from "./testing/test-operator.ts";

const namespace = "default";
let looks = 0;

/** Reads `seen` of its child and `colour` of Services of its name. */
const controller: Controller<Secret> = {
  name: "reader",
  for: Secret,
  owns: [ConfigMap],
  childReads: [reads(ConfigMap, ({ data }) => data?.["seen"])],
  watches: [watch(Service, ({ metadata }) => [metadata], { reads: ({ metadata }) => metadata.labels?.["colour"] })],
  reconcile({ metadata: { name } }) {
    looks += 1;
    const child = { apiVersion: "v1", kind: ConfigMap.kind, metadata: { name }, data: { ours: "1" } };
    return desired([child], { conditions: [] });
  },
};

let dir: string;
let devCluster: DevCluster;
let operator: TestOperator;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "moorage-reads-"));
  devCluster = await startDevCluster({ dir, node: false });
  const [token, ca] = await Promise.all(
    ["admin.token", "ca.crt"].map((file) => readFile(join(dir, "pki", file), "utf8")),
  );
  const credentials = { token: { data: token?.trim() ?? "" }, ca: { data: ca ?? "" } };
  operator = await testOperator({
    cluster: { server: devCluster.url, namespace, ...credentials },
    controllers: [controller],
  });
});
afterAll(async () => {
  await operator.stop();
  await devCluster.stop();
  await rm(dir, { recursive: true });
});

/** How often `act` makes it look. */
async function looksAfter(act: () => Promise<unknown>): Promise<number> {
  const before = looks;
  await act();
  await operator.settled();
  return looks - before;
}

const child = (data: Record<string, string>): ConfigMap => ({
  apiVersion: "v1",
  kind: ConfigMap.kind,
  metadata: { name: "main", namespace },
  data,
});

describe("a controller that says what it reads", () => {
  it("looks at an object once, and once more after what it has made for it", async () => {
    const main: Secret = { apiVersion: "v1", kind: Secret.kind, metadata: { name: "main", namespace } };
    expect(await looksAfter(() => operator.apply(Secret, main))).toBe(2);
    expect(devCluster.api.get(ConfigMap, { namespace, name: "main" })?.data).toEqual({ ours: "1" });
  });

  it("looks after a change of what it reads of a child, and not after another", async () => {
    expect(await looksAfter(() => operator.apply(ConfigMap, child({ seen: "1" })))).toBe(1);
    expect(await looksAfter(() => operator.apply(ConfigMap, child({ seen: "1", unseen: "1" })))).toBe(0);
  });

  it("corrects what it does not read", async () => {
    const stored = () => devCluster.api.get(ConfigMap, { namespace, name: "main" });
    const edited = { ...child({ ours: "drifted", seen: "1" }) };
    expect(await looksAfter(() => operator.apply(ConfigMap, edited))).toBeGreaterThan(0);
    expect(stored()?.data?.["ours"]).toBe("1");
    await looksAfter(() => operator.delete(ConfigMap, { namespace, name: "main" }));
    expect(stored()?.data?.["ours"]).toBe("1");
  });

  it("looks after a change of what it reads of a watched object, and not after another", async () => {
    const service = (labels: Record<string, string>): Service => ({
      apiVersion: "v1",
      kind: Service.kind,
      metadata: { name: "main", namespace, labels },
      spec: { ports: [{ port: 80 }] },
    });
    expect(await looksAfter(() => operator.apply(Service, service({ size: "1" })))).toBe(0);
    expect(await looksAfter(() => operator.apply(Service, service({ colour: "red" })))).toBe(1);
    expect(await looksAfter(() => operator.apply(Service, service({ colour: "red", size: "2" })))).toBe(0);
    expect(await looksAfter(() => operator.delete(Service, { namespace, name: "main" }))).toBe(1);
  });
});
