import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Controller } from "./controller.ts";
import { canonicalJson } from "./json.ts";
import { desired, ready } from "./outcome.ts";
import { statusOf } from "./reconcile/status.ts";
import { MemoryApiServer } from "./testing/memory-api/memory-api-server.ts";
import { type TestOperator, testOperator } from "./testing/test-operator.ts";

interface App extends KubeObject {
  spec: { parts: string[]; text: string };
}
const App: ResourceType<App> = { group: "try.dev", version: "v1", kind: "App", plural: "apps", namespaced: true };
const user = { manager: "user", operation: "Update", subresource: "" } as const;

// biome-ignore lint/style/noProcessEnv: CI asks for more sequences than a developer wants to wait for.
const sequences = Number(process.env["MODEL_SEQUENCES"] ?? 150);

const names = fc.constantFrom("a", "b", "c");
const spec = fc.record({
  parts: fc.uniqueArray(fc.constantFrom("x", "y", "z"), { maxLength: 3 }),
  text: fc.constantFrom("1", "2"),
});
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant("set" as const), name: names, spec }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("delete" as const), name: names }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("editChild" as const), name: names, part: fc.constantFrom("x", "y") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("deleteChild" as const), name: names, part: fc.constantFrom("x", "y") }),
  },
  { weight: 2, arbitrary: fc.constant({ what: "cutWatches" as const }) },
  { weight: 1, arbitrary: fc.constant({ what: "compactAndCut" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("fail" as const),
      times: fc.integer({ min: 1, max: 6 }),
      how: fc.constantFrom(500, 503, 429, 409, "reset" as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ what: "restart" as const }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("breathe" as const), turns: fc.nat(20) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A cluster, an operator, and what must be true in the end. */
class World {
  readonly #server = new MemoryApiServer();
  readonly #apps = new Map<string, App["spec"]>();
  readonly #running = new Set<string>();
  #overlaps = 0;
  #failures = 0;
  #failure: number | "reset" = 500;
  #operator: TestOperator | undefined;

  async start(): Promise<void> {
    const cluster = this.#operator?.client.cluster ?? (await this.#server.start());
    this.#server.faults.refuse = (method) => (method !== "POST" && this.#failures-- > 0 ? this.#failure : undefined);
    this.#operator = await testOperator({
      cluster,
      controllers: [this.#controller()],
      // No watchdog within the deadline: a watch that is stuck is a failure here.
      watchTiming: { initialSilenceMs: 60_000, backoff: { baseMs: 1, maxMs: 4, resetAfterMs: 60_000 } },
      backoff: { baseMs: 1, maxMs: 8 },
    });
  }

  async take(next: Step): Promise<void> {
    const { store } = this.#server;
    switch (next.what) {
      case "set":
        // What is on its way out goes, whatever its spec says by then.
        if (store.find("apps", `d/${next.name}`)?.metadata.deletionTimestamp) break;
        this.#apps.set(next.name, next.spec);
        store.write(
          "apps",
          `d/${next.name}`,
          (live) => ({ ...live, apiVersion: "try.dev/v1", kind: "App", spec: next.spec }),
          user,
        );
        break;
      case "delete":
        if (this.#apps.delete(next.name)) store.delete("apps", `d/${next.name}`);
        break;
      case "editChild":
        this.#onChild(next, (key) =>
          store.write("configmaps", key, (live) => ({ ...live, data: { text: "edited" } }), user),
        );
        break;
      case "deleteChild":
        this.#onChild(next, (key) => store.delete("configmaps", key));
        break;
      case "compactAndCut":
        store.compact();
        this.#server.cutWatches();
        break;
      case "cutWatches":
        this.#server.cutWatches();
        break;
      case "fail":
        [this.#failures, this.#failure] = [next.times, next.how];
        break;
      case "restart":
        await this.#operator?.stop();
        this.#running.clear();
        await this.start();
        break;
      case "breathe":
        for (let turn = 0; turn < next.turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Waits until the cluster is as the model says; fails with the difference after 30 s. */
  async converge(): Promise<void> {
    this.#failures = 0;
    const deadline = performance.now() + 30_000;
    while (canonicalJson(this.#actual()) !== canonicalJson(this.#expected()) && performance.now() < deadline) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(this.#actual()).toEqual(this.#expected());
    await this.#operator?.settled();
    expect([this.#overlaps, this.#actual()]).toEqual([0, this.#expected()]);
  }

  async stop(): Promise<void> {
    await this.#operator?.stop();
    await this.#server[Symbol.asyncDispose]();
  }

  #onChild({ name, part }: { name: string; part: string }, act: (key: string) => void): void {
    const key = `d/${name}-${part}`;
    if (this.#server.store.find("configmaps", key)) act(key);
  }

  #expected(): Record<string, unknown> {
    const children = [...this.#apps].flatMap(([name, { parts, text }]) =>
      parts.map((part) => [`${name}-${part}`, text]),
    );
    const statuses = [...this.#apps].map(([name, { parts }]) => [name, parts.length]);
    return Object.fromEntries([...children, ...statuses]);
  }

  #actual(): Record<string, unknown> {
    const { store } = this.#server;
    const children = store.list("configmaps").map((object) => [object.metadata.name, textOf(object)]);
    const statuses = store.list("apps").map((object) => [object.metadata.name, statusOf(object)["parts"]]);
    return Object.fromEntries([...children, ...statuses]);
  }

  #controller(): Controller<App> {
    return {
      name: "model",
      for: App,
      owns: [ConfigMap],
      concurrency: 3,
      finalize: () => {},
      reconcile: async ({ metadata, spec }) => {
        const key = metadata.name;
        if (this.#running.has(key)) this.#overlaps += 1;
        this.#running.add(key);
        await new Promise((resolve) => setImmediate(resolve));
        this.#running.delete(key);
        const children = spec.parts.map((part) => ({
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: `${key}-${part}` },
          data: { text: spec.text },
        }));
        return desired(children, { status: { parts: children.length }, conditions: [ready("Applied", "done")] });
      },
    };
  }
}

function textOf(object: KubeObject): unknown {
  const data: unknown = Reflect.get(object, "data");
  return typeof data === "object" && data !== null ? Reflect.get(data, "text") : undefined;
}

describe("the runtime", () => {
  it(`converges to what users want, whatever fails on the way (${sequences} sequences)`, {
    timeout: 60_000 + sequences * 200,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const world = new World();
        await world.start();
        try {
          for (const next of steps) await world.take(next);
          await world.converge();
        } finally {
          await world.stop();
        }
      }),
      { numRuns: sequences },
    );
  });
});
