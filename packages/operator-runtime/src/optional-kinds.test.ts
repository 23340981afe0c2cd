import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import type { Controller } from "./controller.ts";
import { desired, ready } from "./outcome.ts";
import { type App, App as AppType, app, OperatorsInMemory, parts } from "./testing/operators-in-memory.ts";
import { reconcileOnce } from "./testing/reconcile-once.ts";

/** As Gateway API's HTTPRoute: there on some clusters. */
const Route: ResourceType = { group: "net.dev", version: "v1", kind: "Route", plural: "routes", namespaced: true };

const routed: Controller<App> = {
  ...parts,
  owns: [ConfigMap, Route],
  optional: [Route],
  reconcile(object, cluster) {
    const { children = [] } = { children: [configMapOf(object), routeOf(object)] };
    const reason = cluster.serves(Route) ? "Routed" : "RouteNotServed";
    return desired(children, { conditions: [ready(reason, "As far as it goes")] });
  },
};

function configMapOf({ metadata: { name } }: App): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `${name}-main` }, data: {} };
}

function routeOf({ metadata: { name } }: App): KubeObject {
  return { apiVersion: "net.dev/v1", kind: "Route", metadata: { name } };
}

const memory = new OperatorsInMemory();
const { operate, until, child, readyOf } = memory;
const route = () => memory.server.store.find("routes", "default/a");

/** Makes the server answer as one without the CRD, until `install()`. */
function withoutRoutes() {
  const crd = { installed: false };
  memory.server.faults.refuse = (_method, path) => (path.includes("/routes") && !crd.installed ? 404 : undefined);
  return crd;
}

const timing = { unservedMs: 20, backoff: { baseMs: 5, maxMs: 20, resetAfterMs: 60_000 } };

describe("a kind that need not be served", () => {
  it("is left out without an error, and told to the controller", async () => {
    withoutRoutes();
    const operator = await operate(routed, { watchTiming: { ...timing, unservedMs: 60_000 } });
    await operator.apply(AppType, app("a"));
    await operator.settled();
    expect([child("a-main") !== undefined, readyOf("a")?.reason]).toEqual([true, "RouteNotServed"]);
    expect(memory.server.requests.filter((line) => /routes/.test(line))).toEqual(["GET routes"]);
    const errors = await operator.manager.metrics.registry.getSingleMetricAsString("reconcile_errors_total");
    expect(errors).toContain('reconcile_errors_total{controller="parts"} 0');
  });

  it("is found when it is installed later, and everything is looked at again", async () => {
    const crd = withoutRoutes();
    const operator = await operate(routed, { watchTiming: timing });
    await operator.apply(AppType, app("a"));
    await operator.settled();
    crd.installed = true;
    await until(operator, () => readyOf("a")?.reason === "Routed");
    expect(route()?.metadata.ownerReferences?.[0]?.name).toBe("a");
  });

  it("is missed when it is taken away again", async () => {
    const crd = withoutRoutes();
    crd.installed = true;
    const operator = await operate(routed, { watchTiming: timing });
    await operator.apply(AppType, app("a"));
    await operator.settled();
    expect(readyOf("a")?.reason).toBe("Routed");
    crd.installed = false;
    memory.server.cutWatches();
    await until(operator, () => readyOf("a")?.reason === "RouteNotServed");
    expect(operator.manager.cache.list(Route)).toEqual([]);
  });

  it("keeps an operator waiting where another controller cannot do without it", async () => {
    withoutRoutes();
    const starting = operate(routed, {
      controllers: [routed, { ...routed, name: "other", optional: [] }],
      watchTiming: timing,
    });
    const first = await Promise.race([starting, new Promise((resolve) => setTimeout(() => resolve("waits"), 200))]);
    expect(first).toBe("waits");
    memory.server.faults.refuse = () => undefined;
    await starting;
  });

  it("can be absent in a test without a server", async () => {
    const here = await reconcileOnce(routed, app("a"));
    const absent = await reconcileOnce(routed, app("a"), { unserved: [Route] });
    expect([here.conditions[0]?.reason, absent.conditions[0]?.reason]).toEqual(["Routed", "RouteNotServed"]);
  });

  it("must be one that the controller reads", async () => {
    const wrong = { ...parts, optional: [Route] };
    await expect(operate(wrong)).rejects.toThrow('"optional" names Route');
  });
});
