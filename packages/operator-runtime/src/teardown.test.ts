import type { KubeObject } from "@moorage/kube-types";
import { ConfigMap, Secret, Service } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import type { Controller } from "./controller.ts";
import { notYet, teardown } from "./held.ts";
import { desired } from "./outcome.ts";
import { App, app, OperatorsInMemory, parts } from "./testing/operators-in-memory.ts";

const memory = new OperatorsInMemory();
const { operate, until } = memory;
const namespace = "default";
const gone = (plural: string, name = "a") => memory.server.store.find(plural, `default/${name}`) === undefined;

/** Traffic first, then what it leads to, then what that reads. */
const layered: Controller<App> = {
  ...parts,
  owns: [ConfigMap, Service, Secret],
  reconcile: ({ metadata: { name } }) =>
    desired(
      ["ConfigMap", "Service", "Secret"].map((kind): KubeObject => ({ apiVersion: "v1", kind, metadata: { name } })),
      { conditions: [] },
    ),
  finalize: (object, cluster) => teardown(object, cluster, [[Service], [Secret], [ConfigMap]]),
};

describe("finalize", () => {
  it("takes children away stage by stage, and waits for the ones that linger", async () => {
    const operator = await operate(layered);
    await operator.apply(App, app("a"));
    await operator.settled();
    // Somebody else's finalizer holds the second stage.
    const hold = { metadata: { finalizers: ["try.dev/hold"] } };
    await operator.client.patch(Secret, { namespace, name: "a" }, hold, { patchType: "merge" });
    const start = memory.server.requests.length;
    await operator.delete(App, { namespace, name: "a" });
    await until(operator, () => gone("services"));
    await until(
      operator,
      () => memory.server.store.find("secrets", "default/a")?.metadata.deletionTimestamp !== undefined,
    );
    expect([gone("configmaps"), gone("apps")]).toEqual([false, false]);
    const free = { metadata: { finalizers: [] } };
    await operator.client.patch(Secret, { namespace, name: "a" }, free, { patchType: "merge" });
    await until(operator, () => gone("apps"));
    expect(memory.writesSince(start).filter((line) => line.startsWith("DELETE"))).toEqual([
      "DELETE apps",
      "DELETE services",
      "DELETE secrets",
      "DELETE configmaps",
    ]);
  });

  it("is called again after the time that it asks for", async () => {
    let calls = 0;
    const operator = await operate({
      ...parts,
      finalize: () => {
        calls += 1;
        return calls < 3 ? notYet(5) : undefined;
      },
    });
    await operator.apply(App, app("a"));
    await operator.settled();
    await operator.delete(App, { namespace, name: "a" });
    await until(operator, () => gone("apps"));
    expect(calls).toBe(3);
  });

  it("removes nothing that is not the object's own", async () => {
    const operator = await operate({
      ...layered,
      finalize: (_object, cluster) => {
        const foreign = cluster.list(Secret).filter(({ metadata }) => metadata.name === "foreign");
        return cluster.list(Service).length > 0 ? notYet(5, [...foreign, ...cluster.list(Service)]) : undefined;
      },
    });
    await operator.client.create(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "foreign", namespace },
    });
    await operator.apply(App, app("a"));
    await operator.settled();
    await operator.delete(App, { namespace, name: "a" });
    await until(operator, () => gone("apps"));
    expect(gone("secrets", "foreign")).toBe(false);
  });
});
