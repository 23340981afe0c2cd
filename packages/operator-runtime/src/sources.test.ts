import { describe, expect, it } from "vitest";
import type { Source } from "./controller.ts";
import { App, app, OperatorsInMemory, parts, passesOf } from "./testing/operators-in-memory.ts";

const memory = new OperatorsInMemory();
const { operate, until } = memory;
const key = { namespace: "default", name: "a" };

describe("a controller", () => {
  it("is triggered from outside the cluster, once for many triggers", async () => {
    const operator = await operate(parts);
    await operator.apply(App, app("a"));
    await operator.settled();
    const before = await passesOf(operator);
    for (let n = 0; n < 100; n++) operator.manager.trigger("parts", key);
    await operator.settled();
    // One that a worker had at once, and one for all that came meanwhile.
    expect((await passesOf(operator)) - before).toBeLessThanOrEqual(2);
    expect((await passesOf(operator)) - before).toBeGreaterThanOrEqual(1);
    expect(() => operator.manager.trigger("nobody", key)).toThrow('"nobody"');
  });

  it("has sources that run while it works, are started again when they fail, and end with it", async () => {
    let starts = 0;
    let ended = false;
    const seen: string[] = [];
    const bus: Source = {
      name: "bus",
      async run(trigger, { signal }) {
        starts += 1;
        if (starts === 1) throw new Error("No connection");
        trigger(key);
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        ended = true;
      },
    };
    const operator = await operate({
      ...parts,
      sources: [bus],
      reconcile(object, cluster) {
        seen.push(object.metadata.name);
        return parts.reconcile(object, cluster);
      },
    });
    await operator.apply(App, app("a"));
    await operator.settled();
    const before = seen.length;
    await until(operator, () => starts === 2 && seen.length > before);
    await operator.stop();
    expect([starts, ended]).toEqual([2, true]);
  });
});
