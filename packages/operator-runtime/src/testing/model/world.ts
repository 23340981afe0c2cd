import { ConfigMap } from "@moorage/kube-types/core-v1";
import { expect } from "vitest";
import { systemClock } from "../../clock.ts";
import type { Controller } from "../../controller.ts";
import { canonicalJson } from "../../json.ts";
import { desired, ready } from "../../outcome.ts";
import { statusOf } from "../../reconcile/status.ts";
import { type TestOperator, testOperator } from "../test-operator.ts";
import { App, type ModelServer } from "./model-server.ts";
import type { Step } from "./steps.ts";

/** A cluster, an operator, and what must be true in the end. */
export class World {
  readonly #server: ModelServer;
  readonly #apps = new Map<string, App["spec"]>();
  readonly #running = new Set<string>();
  #overlaps = 0;
  /** How far the operator's clock is off. */
  #jumpedMs = 0;
  #operator: TestOperator | undefined;

  constructor(server: ModelServer) {
    this.#server = server;
  }

  /** Lives through `steps`, then waits until everything is as it should be; fails with the difference. */
  async live(steps: readonly Step[]): Promise<void> {
    await this.#start();
    try {
      for (const next of steps) await this.#take(next);
      await this.#converge();
    } finally {
      await this.#operator?.stop();
      await this.#server.stop();
    }
  }

  async #start(): Promise<void> {
    this.#operator = await testOperator({
      cluster: this.#server.cluster,
      ...(this.#server.localServer && { localServer: this.#server.localServer }),
      clock: { ...systemClock, now: () => Date.now() + this.#jumpedMs },
      namespaces: [this.#server.namespace],
      controllers: [this.#controller()],
      // No watchdog within the deadline: a watch that is stuck is a failure here.
      watchTiming: { initialSilenceMs: 60_000, backoff: { baseMs: 1, maxMs: 4, resetAfterMs: 60_000 } },
      backoff: { baseMs: 1, maxMs: 8 },
    });
  }

  async #take(next: Step): Promise<void> {
    const server = this.#server;
    switch (next.what) {
      case "set":
        if (server.setApp(next.name, next.spec)) this.#apps.set(next.name, next.spec);
        break;
      case "delete":
        if (this.#apps.delete(next.name)) server.deleteApp(next.name);
        break;
      case "editChild":
        server.editChild(`${next.name}-${next.part}`);
        break;
      case "deleteChild":
        server.deleteChild(`${next.name}-${next.part}`);
        break;
      case "compactAndCut":
        server.compactAndCut();
        break;
      case "cutWatches":
        server.cutWatches();
        break;
      case "fail":
        server.fail(next.times, next.how);
        break;
      case "jump":
        this.#jumpedMs += next.seconds * 1000;
        break;
      case "restart":
        await this.#operator?.stop();
        this.#running.clear();
        await this.#start();
        break;
      case "settle":
        await this.#operator?.settled();
        break;
      case "breathe":
        for (let turn = 0; turn < next.turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Waits until the cluster is as the model says, with whatever fails yet; fails with the difference after 30 s. */
  async #converge(): Promise<void> {
    const deadline = performance.now() + 30_000;
    let looked: unknown;
    while (performance.now() < deadline) {
      const version = this.#server.version();
      if (version !== looked && canonicalJson(this.#actual()) === canonicalJson(this.#expected())) break;
      looked = version;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(this.#actual()).toEqual(this.#expected());
    await this.#operator?.settled();
    expect([this.#overlaps, this.#actual()]).toEqual([0, this.#expected()]);
  }

  #expected(): Record<string, unknown> {
    const children = [...this.#apps].flatMap(([name, { parts, text }]) =>
      parts.map((part) => [`${name}-${part}`, text]),
    );
    const statuses = [...this.#apps].map(([name, { parts }]) => [name, parts.length]);
    return Object.fromEntries([...children, ...statuses]);
  }

  #actual(): Record<string, unknown> {
    const children = this.#server.children().map((object) => [object.metadata.name, textOf(object)]);
    const statuses = this.#server.apps().map((object) => [object.metadata.name, statusOf(object)["parts"]]);
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

function textOf(object: object): unknown {
  const data: unknown = Reflect.get(object, "data");
  return typeof data === "object" && data !== null ? Reflect.get(data, "text") : undefined;
}
