import { findCondition, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { afterEach, beforeEach } from "vitest";
import type { Controller } from "../controller.ts";
import { desired, ready } from "../outcome.ts";
import { conditionsOf } from "../reconcile/status.ts";
import { MemoryApiServer } from "./memory-api/memory-api-server.ts";
import { type TestOperator, type TestOperatorOptions, testOperator } from "./test-operator.ts";

/** A kind for tests: it stands for so many ConfigMaps. */
export interface App extends KubeObject {
  spec: { text?: string; parts?: string[]; secret?: string };
}
export const App: ResourceType<App> = {
  group: "try.dev",
  version: "v1",
  kind: "App",
  plural: "apps",
  namespaced: true,
};

export function app(name: string, spec: App["spec"] = {}): App {
  return { apiVersion: "try.dev/v1", kind: "App", metadata: { name, namespace: "default" }, spec };
}

export function configMap(name: string, text: string): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { text } };
}

/** One ConfigMap per part, ready at once. */
export const parts: Controller<App> = {
  name: "parts",
  for: App,
  owns: [ConfigMap],
  reconcile({ metadata, spec }) {
    const children = (spec.parts ?? ["main"]).map((part) => configMap(`${metadata.name}-${part}`, spec.text ?? ""));
    return desired(children, {
      status: { parts: children.length },
      conditions: [ready("Applied", "All parts are there")],
    });
  },
};

/** Operators of a test file against an API server in memory; each test starts with a fresh one. */
export class OperatorsInMemory {
  #server = new MemoryApiServer();
  #operators: TestOperator[] = [];

  constructor() {
    beforeEach(() => {
      this.#server = new MemoryApiServer();
      this.#operators = [];
    });
    afterEach(async () => {
      for (const operator of this.#operators) await operator.stop();
      await this.#server[Symbol.asyncDispose]();
    });
  }

  get server(): MemoryApiServer {
    return this.#server;
  }

  /** Those that are stopped after the test. */
  get operators(): TestOperator[] {
    return this.#operators;
  }

  operate = async (controller: Controller<App>, options: Partial<TestOperatorOptions> = {}): Promise<TestOperator> => {
    const cluster = this.#server.connections === 0 ? await this.#server.start() : this.#cluster();
    const operator = await testOperator({
      cluster,
      controllers: [controller],
      watchTiming: { backoff: { baseMs: 5, maxMs: 20, resetAfterMs: 60_000 } },
      backoff: { baseMs: 10, maxMs: 50 },
      ...options,
    });
    this.#operators.push(operator);
    return operator;
  };

  /** Waits for what is on its way by itself, and then for the operator. */
  until = async (operator: TestOperator, holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => setImmediate(resolve));
    await operator.settled();
  };

  child = (name: string) => this.#server.store.find("configmaps", `default/${name}`);
  /** The text in a ConfigMap. */
  text = (name: string): unknown => {
    const data: unknown = Reflect.get(this.child(name) ?? {}, "data");
    return typeof data === "object" && data !== null ? Reflect.get(data, "text") : undefined;
  };
  stored = (name: string) => this.#server.store.find("apps", `default/${name}`) ?? app("gone");
  readyOf = (name: string) => findCondition(conditionsOf(this.stored(name)), "Ready");
  /** Requests that change something, events aside. */
  writesSince = (start: number) =>
    this.#server.requests.slice(start).filter((line) => !/^(GET|WATCH)|events/.test(line));

  #cluster() {
    const [first] = this.#operators;
    if (!first) throw new Error("No operator runs yet");
    return first.client.cluster;
  }
}

/** How many passes the controllers of an operator have made. */
export async function passesOf(operator: TestOperator): Promise<number> {
  const metric = await operator.manager.metrics.registry.getSingleMetric("reconcile_total")?.get();
  return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}
