import type { KubeObject } from "@moorage/kube-types";
import { describe, expect, it } from "vitest";
import type { Controller } from "../controller.ts";
import { desired, type Outcome } from "../outcome.ts";
import { App, app, configMap, parts } from "./operators-in-memory.ts";
import { reconcileOnce } from "./reconcile-once.ts";

/** What JavaScript lets pass. */
const nothing: () => Outcome = JSON.parse.bind(undefined, "null");
const wants = (...children: KubeObject[]) => ({ reconcile: () => desired(children, { conditions: [] }) });

describe("reconcileOnce()", () => {
  it("gives what the controller wants", async () => {
    const outcome = await reconcileOnce(parts, app("a", { parts: ["x", "y"] }));
    expect(outcome.children?.map(({ metadata }) => metadata.name)).toEqual(["a-x", "a-y"]);
  });

  it.each<[string, Partial<Controller<App>>, RegExp]>([
    [
      "a change of the object",
      { reconcile: ({ spec }) => wants().reconcile.call(Object.assign(spec, { text: "x" })) },
      /read only|extensible/,
    ],
    ["no outcome", { reconcile: nothing }, /"reconcile" of controller "parts" returned: null; return desired\(\)/],
    ["a child that is not owned", { ...wants(configMap("a", "1")), owns: [] }, /v1 ConfigMap is not in "owns"/],
    [
      "a child of another namespace",
      wants({ ...configMap("a", "1"), metadata: { name: "a", namespace: "b" } }),
      /share a namespace/,
    ],
    ["two children of one name", wants(configMap("a", "1"), configMap("a", "2")), /holds it twice/],
  ])("fails for %s, as the operator would", async (_what, mistake, message) => {
    await expect(reconcileOnce({ ...parts, ...mistake }, app("a"))).rejects.toThrow(message);
  });

  it("refuses to read kinds that the controller does not declare", async () => {
    const reads: Controller<App> = {
      ...parts,
      owns: [],
      reconcile: (_, cluster) => desired(cluster.list({ ...App, kind: "Other", plural: "others" }), { conditions: [] }),
    };
    await expect(reconcileOnce(reads, app("a"))).rejects.toThrow(/Other from the cache: no controller declares it/);
  });
});
