import { ConfigMap } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { creationErrors, gauge } from "./controller-metric.ts";
import { App, app, OperatorsInMemory, parts } from "./testing/operators-in-memory.ts";
import type { TestOperator } from "./testing/test-operator.ts";

const memory = new OperatorsInMemory();
const { operate, until, child } = memory;

const measured = {
  ...parts,
  metrics: [
    gauge(App, { name: "app_total", help: "Apps by text", labelNames: ["text"] }, (apps) => [
      { labels: { text: "none" }, value: 0 },
      ...apps.map(({ spec }) => ({ labels: { text: spec.text ?? "none" }, value: 1 })),
    ]),
    creationErrors(ConfigMap, { name: "app_configmap_creation_errors_total", help: "…", labels: { group: "try.dev" } }),
  ],
};

async function lines(operator: TestOperator, name: string): Promise<string[]> {
  const text = await operator.manager.metrics.registry.getSingleMetricAsString(name);
  return text.split("\n").filter((line) => line.startsWith(name));
}

describe("metrics of a controller", () => {
  it("are computed from the cache when they are scraped", async () => {
    const operator = await operate(measured);
    expect(await lines(operator, "app_total")).toEqual(['app_total{text="none"} 0']);
    for (const name of ["a", "b"]) await operator.apply(App, app(name, { text: "x" }));
    expect(await lines(operator, "app_total")).toEqual(['app_total{text="none"} 0', 'app_total{text="x"} 2']);
    await operator.delete(App, { namespace: "default", name: "a" });
    await until(operator, () => memory.server.store.find("apps", "default/a") === undefined);
    await until(operator, () => operator.manager.cache.list(App).length === 1);
    expect(await lines(operator, "app_total")).toEqual(['app_total{text="none"} 0', 'app_total{text="x"} 1']);
  });

  it("add up over controllers that share a name", async () => {
    const controllers = ["one", "two"].map((name) => ({ ...measured, name, reconcile: () => ({ conditions: [] }) }));
    const operator = await operate(parts, { controllers });
    await operator.apply(App, app("a", { text: "x" }));
    expect(await lines(operator, "app_total")).toContain('app_total{text="x"} 2');
  });

  it("count children that cannot be created, from 0 on, and not those that cannot be updated", async () => {
    const operator = await operate(measured);
    const name = "app_configmap_creation_errors_total";
    expect(await lines(operator, name)).toEqual([`${name}{group="try.dev"} 0`]);
    memory.server.faults.refuse = (method, path) =>
      method === "PATCH" && path.includes("/configmaps/") ? 403 : undefined;
    await operator.apply(App, app("a"));
    await operator.settled();
    memory.server.faults.refuse = () => undefined;
    await until(operator, () => child("a-main") !== undefined);
    const [line = ""] = await lines(operator, name);
    const created = Number(line.split(" ")[1]);
    expect(created).toBeGreaterThan(0);
    memory.server.faults.refuse = (method, path) =>
      method === "PATCH" && path.includes("/configmaps/") ? 403 : undefined;
    await operator.apply(App, app("a", { text: "2" }));
    await operator.settled();
    expect(await lines(operator, name)).toEqual([line]);
    expect((await lines(operator, "child_apply_errors_total")).join()).toContain('operation="update"');
  });

  it("refuse a name that exists with other labels", async () => {
    const other = {
      ...measured,
      name: "other",
      metrics: [creationErrors(ConfigMap, { name: "app_configmap_creation_errors_total", help: "…" })],
    };
    await expect(operate(parts, { controllers: [measured, other] })).rejects.toThrow(
      "app_configmap_creation_errors_total",
    );
  });
});
