import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { findCondition } from "@moorage/kube-types";
import { ConfigMap, Secret } from "@moorage/kube-types/core-v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Controller, index, watch } from "./controller.ts";
import { desired, invalid, notReady, ready, TerminalError, waiting } from "./outcome.ts";
import { conditionsOf, statusOf } from "./reconcile/status.ts";
import { MemoryApiServer } from "./testing/memory-api/memory-api-server.ts";
import { type TestOperator, type TestOperatorOptions, testOperator } from "./testing/test-operator.ts";

interface App extends KubeObject {
  spec: { text?: string; parts?: string[]; secret?: string };
}
const App: ResourceType<App> = { group: "try.dev", version: "v1", kind: "App", plural: "apps", namespaced: true };

function app(name: string, spec: App["spec"] = {}): App {
  return { apiVersion: "try.dev/v1", kind: "App", metadata: { name, namespace: "default" }, spec };
}

function configMap(name: string, text: string): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { text } };
}

/** One ConfigMap per part, ready at once. */
const parts: Controller<App> = {
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

const namespace = "default";
let server: MemoryApiServer;
let operators: TestOperator[];
beforeEach(() => {
  server = new MemoryApiServer();
  operators = [];
});
afterEach(async () => {
  for (const operator of operators) await operator.stop();
  await server[Symbol.asyncDispose]();
});

async function operate(controller: Controller<App>, options: Partial<TestOperatorOptions> = {}): Promise<TestOperator> {
  const cluster = server.connections === 0 ? await server.start() : clusterOf();
  const watchTiming = { backoff: { baseMs: 5, maxMs: 20, resetAfterMs: 60_000 } };
  const operator = await testOperator({
    cluster,
    controllers: [controller],
    watchTiming,
    backoff: { baseMs: 10, maxMs: 50 },
    ...options,
  });
  operators.push(operator);
  return operator;
}

function clusterOf() {
  const [first] = operators;
  if (!first) throw new Error("No operator runs yet");
  return first.client.cluster;
}

/** Waits for what is on its way by itself, and then for the operator. */
async function until(operator: TestOperator, holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => setImmediate(resolve));
  await operator.settled();
}

const child = (name: string) => server.store.find("configmaps", `default/${name}`);
const stored = (name: string) => server.store.find("apps", `default/${name}`) ?? app("gone");
const readyOf = (name: string) => findCondition(conditionsOf(stored(name)), "Ready");
/** Requests that change something, events aside. */
const writesSince = (start: number) => server.requests.slice(start).filter((line) => !/^(GET|WATCH)|events/.test(line));

describe("an operator", () => {
  it("makes the children, says so in status, and needs one request each", async () => {
    const operator = await operate(parts);
    const start = server.requests.length;
    await operator.apply(App, app("a", { parts: ["x", "y"], text: "1" }));
    await operator.settled();
    expect(child("a-x")).toMatchObject({
      data: { text: "1" },
      metadata: { namespace, ownerReferences: [{ kind: "App", name: "a", controller: true }] },
    });
    expect(statusOf(stored("a"))).toMatchObject({ parts: 2, observedGeneration: 1 });
    expect(readyOf("a")).toMatchObject({ status: "True", reason: "Applied", observedGeneration: 1 });
    expect(writesSince(start)).toEqual(["PATCH apps", "PATCH configmaps", "PATCH configmaps", "PATCH apps/status"]);
  });

  it("writes nothing in a steady state, on a repeat and after a restart", async () => {
    const operator = await operate({ ...parts, requeueEveryMs: 5 });
    await operator.apply(App, app("a"));
    await operator.settled();
    const start = server.requests.length;
    const passes = await passesOf(operator);
    while ((await passesOf(operator)) < passes + 5) await new Promise((resolve) => setImmediate(resolve));
    expect(writesSince(start)).toEqual([]);
    const next = await operate(parts);
    await next.settled();
    expect(await passesOf(next)).toBeGreaterThan(0);
    expect(writesSince(start)).toEqual([]);
  });

  it("corrects a hand edit and a deletion, and prunes what is not wanted any more", async () => {
    const operator = await operate(parts);
    await operator.apply(App, app("a", { parts: ["x", "y"], text: "1" }));
    await operator.settled();
    await operator.client.patch(
      ConfigMap,
      { namespace, name: "a-x" },
      { data: { text: "edited" } },
      { patchType: "merge" },
    );
    await until(operator, () => child("a-x")?.metadata.resourceVersion !== undefined && text("a-x") === "1");
    await operator.client.delete(ConfigMap, { namespace, name: "a-y" });
    await until(operator, () => text("a-y") === "1");
    await operator.apply(App, app("a", { parts: ["x"], text: "1" }));
    await until(operator, () => child("a-y") === undefined);
    expect(text("a-x")).toBe("1");
  });

  it("never adopts what another holds, says whose it is, and goes on when it is gone", async () => {
    const operator = await operate({ ...parts, blockedStatus: () => ({ phase: "Pending" }) });
    server.store.create("configmaps", "default/a-main", configMap("a-main", "foreign"), {
      manager: "x",
      operation: "Update",
      subresource: "",
    });
    await operator.apply(App, app("a", { parts: ["main", "other"], text: "1" }));
    await until(operator, () => readyOf("a") !== undefined);
    expect(readyOf("a")).toMatchObject({ status: "False", reason: "ResourceConflict" });
    expect(findCondition(conditionsOf(stored("a")), "ResourceConflict")?.message).toContain(
      'ConfigMap "default/a-main" exists and has no owner',
    );
    expect(statusOf(stored("a"))["phase"]).toBe("Pending");
    expect([text("a-main"), child("a-other")]).toEqual(["foreign", undefined]);
    server.store.delete("configmaps", "default/a-main");
    await until(operator, () => text("a-main") === "1");
    expect(readyOf("a")?.status).toBe("True");
    expect(findCondition(conditionsOf(stored("a")), "ResourceConflict")).toBeUndefined();
  });

  it("does not prune where the outcome has no children, nor after a failed apply", async () => {
    const mood = { outcome: "good" };
    const operator = await operate({
      ...parts,
      reconcile(object, cluster) {
        if (mood.outcome === "waiting") return waiting("NoInput", "The input is missing");
        if (mood.outcome === "invalid") return invalid("Bad", "Give another");
        return parts.reconcile(object, cluster);
      },
    });
    await operator.apply(App, app("a", { parts: ["x", "y"] }));
    await operator.settled();
    for (const outcome of ["waiting", "invalid"]) {
      mood.outcome = outcome;
      await operator.apply(App, app("a", { parts: ["x"], text: outcome }));
      await operator.settled();
      expect([readyOf("a")?.status, child("a-y") === undefined]).toEqual(["False", false]);
    }
    mood.outcome = "good";
    server.faults.refuse = (method, path) => (method === "PATCH" && path.includes("configmaps") ? 403 : undefined);
    await operator.apply(App, app("a", { parts: ["x"], text: "2" }));
    await until(operator, () => readyOf("a")?.reason === "ApplyFailed");
    expect(child("a-y")).toBeDefined();
    server.faults.refuse = () => undefined;
    await until(operator, () => child("a-y") === undefined);
    expect(readyOf("a")?.status).toBe("True");
  });

  it("prunes again when the server did not carry a deletion out", async () => {
    const operator = await operate(parts);
    await operator.apply(App, app("a", { parts: ["x"] }));
    await operator.settled();
    let refused = 0;
    server.faults.refuse = (method) => (method === "DELETE" && refused++ === 0 ? 409 : undefined);
    await operator.apply(App, app("a", { parts: [] }));
    await until(operator, () => child("a-x") === undefined);
    expect(refused).toBe(2);
  });

  it("leaves children alone that others put under its objects", async () => {
    const operator = await operate(parts);
    const owner = await operator.apply(App, app("a"));
    const ownerReferences = [
      { apiVersion: "try.dev/v1", kind: "App", name: "a", uid: owner.metadata.uid ?? "", controller: true },
    ];
    const foreign = { ...configMap("stray", "x"), metadata: { name: "stray", namespace, ownerReferences } };
    await operator.client.create(ConfigMap, foreign, { fieldManager: "somebody" });
    await operator.apply(App, app("a", { text: "2" }));
    await until(operator, () => text("a-main") === "2");
    expect(child("stray")).toBeDefined();
  });

  it("finalizes before an object goes, again if that fails, and once only", async () => {
    const calls: string[] = [];
    const operator = await operate({
      ...parts,
      finalize({ metadata }) {
        calls.push(metadata.name);
        if (calls.length === 1) throw new Error("Not yet");
      },
    });
    await operator.apply(App, app("a"));
    await operator.settled();
    expect(stored("a").metadata.finalizers).toEqual(["moorage.dev/parts"]);
    await operator.delete(App, { namespace, name: "a" });
    await until(operator, () => server.store.find("apps", "default/a") === undefined);
    expect(calls).toEqual(["a", "a"]);
    await until(operator, () => child("a-main") === undefined);
  });

  it("says a last status while others hold a deleted object, once, and keeps the rest of it", async () => {
    const operator = await operate({ ...parts, deletingStatus: () => ({ phase: "Deleting" }) });
    const held = app("a");
    held.metadata.finalizers = ["foregroundDeletion"];
    await operator.apply(App, held);
    await operator.settled();
    const start = server.requests.length;
    await operator.delete(App, { namespace, name: "a" });
    await operator.settled();
    expect(statusOf(stored("a"))).toMatchObject({ phase: "Deleting", parts: 1 });
    expect(readyOf("a")?.reason).toBe("Applied");
    await operator.client.patch(
      App,
      { namespace, name: "a" },
      { metadata: { labels: { seen: "later" } } },
      { patchType: "merge" },
    );
    await until(
      operator,
      () => operator.manager.cache.list(App, { labels: { matchLabels: { seen: "later" } } }).length > 0,
    );
    expect(writesSince(start)).toEqual(["DELETE apps", "PATCH apps/status", "PATCH apps"]);
  });

  it("watches and reconciles only the namespaces that it is told to, with one watch for each", async () => {
    const operator = await operate(parts, { namespaces: ["default", "two"] });
    const elsewhere = (place: string) => ({ ...app("a"), metadata: { name: "a", namespace: place } });
    for (const place of ["default", "two", "three"]) await operator.apply(App, elsewhere(place));
    await operator.settled();
    const made = server.store.list("configmaps").map(({ metadata }) => metadata.namespace);
    expect(made.sort()).toEqual(["default", "two"]);
    const { cache } = operator.manager;
    expect(cache.list(App).map(({ metadata }) => metadata.namespace)).toEqual(["default", "two"]);
    expect(cache.list(App, { namespace: "two" })).toHaveLength(1);
    expect(cache.find(App, { namespace: "three", name: "a" })).toBeUndefined();
    expect(server.requests.filter((line) => line === "WATCH apps")).toHaveLength(2);
  });

  it("reconciles whom a watched object concerns, by an index, for old and new versions", async () => {
    const seen: string[] = [];
    const operator = await operate({
      ...parts,
      indexes: [index(App, "secret", ({ spec }) => (spec.secret ? [spec.secret] : []))],
      watches: [
        watch(Secret, ({ metadata }, cluster) =>
          cluster.list(App, { index: { name: "secret", value: metadata.name } }).map((found) => found.metadata),
        ),
      ],
      reconcile({ metadata, spec }, cluster) {
        seen.push(metadata.name);
        const secret = spec.secret && cluster.find(Secret, { namespace: metadata.namespace, name: spec.secret });
        if (!secret) return waiting("SecretNotFound", `Secret "${spec.secret}" does not exist`);
        return { conditions: [ready("Found", "There")] };
      },
    });
    await operator.apply(App, app("a", { secret: "s" }));
    await operator.apply(App, app("b", { secret: "other" }));
    await operator.settled();
    expect(readyOf("a")?.reason).toBe("SecretNotFound");
    seen.length = 0;
    await operator.apply(Secret, { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace } });
    await operator.settled();
    expect([readyOf("a")?.reason, seen]).toEqual(["Found", ["a"]]);
    await operator.delete(Secret, { namespace, name: "s" });
    await operator.settled();
    expect(readyOf("a")?.reason).toBe("SecretNotFound");
  });

  it("retries what throws with back-off, harms no other key, and tells the user", async () => {
    const attempts: string[] = [];
    const operator = await operate({
      ...parts,
      reconcile(object, cluster) {
        attempts.push(object.metadata.name);
        if (object.metadata.name === "bad" && attempts.filter((name) => name === "bad").length < 4)
          throw new Error("Oh no");
        return parts.reconcile(object, cluster);
      },
    });
    await operator.apply(App, app("bad"));
    await operator.apply(App, app("good"));
    await until(operator, () => readyOf("good")?.status === "True" && readyOf("bad")?.status === "True");
    expect(attempts.filter((name) => name === "bad").length).toBeGreaterThanOrEqual(4);
    await until(operator, () => server.store.list("events").length > 0);
    expect(JSON.stringify(server.store.list("events"))).toContain("Oh no");
    const errors = await operator.manager.metrics.registry.getSingleMetricAsString("reconcile_errors_total");
    expect(errors).toContain('reconcile_errors_total{controller="parts"} 3');
  });

  it("does not retry a TerminalError until something changes", async () => {
    let attempts = 0;
    const operator = await operate({
      ...parts,
      reconcile() {
        attempts += 1;
        throw new TerminalError("Cannot ever");
      },
    });
    await operator.apply(App, app("a"));
    await operator.settled();
    expect([attempts, operator.manager.queues[0]?.nextDueAt]).toEqual([1, undefined]);
    await operator.apply(App, app("a", { text: "2" }));
    await operator.settled();
    expect(attempts).toBe(2);
  });

  it("aborts a reconcile whose time is up, and never runs its key twice at once", async () => {
    let running = 0;
    let most = 0;
    const reasons: unknown[] = [];
    const operator = await operate({
      ...parts,
      concurrency: 4,
      timeoutMs: 20,
      async reconcile(object, cluster) {
        running += 1;
        most = Math.max(most, running);
        if (reasons.length === 0) {
          await new Promise((resolve) => cluster.signal.addEventListener("abort", resolve));
          reasons.push(cluster.signal.reason);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        running -= 1;
        return parts.reconcile(object, cluster);
      },
    });
    await operator.apply(App, app("a"));
    await until(operator, () => readyOf("a")?.status === "True");
    expect([most, String(reasons[0])]).toEqual([1, expect.stringContaining("20 ms")]);
  });

  it("runs one key at a time, and several keys at the same time", async () => {
    const running = new Map<string, number>();
    let most = 0;
    let overlap = false;
    const four = Promise.withResolvers<void>();
    const operator = await operate({
      ...parts,
      concurrency: 4,
      async reconcile(object, cluster) {
        const { name } = object.metadata;
        running.set(name, (running.get(name) ?? 0) + 1);
        overlap ||= (running.get(name) ?? 0) > 1;
        most = Math.max(
          most,
          [...running.values()].reduce((sum, count) => sum + count, 0),
        );
        // The first four wait for each other: they can only go on together.
        if (most === 4) four.resolve();
        await four.promise;
        running.set(name, (running.get(name) ?? 0) - 1);
        return parts.reconcile(object, cluster);
      },
    });
    const names = ["a", "b", "c", "d", "e"];
    await Promise.all(
      names.flatMap((name) => [1, 2, 3].map((n) => operator.apply(App, app(name, { text: String(n) })))),
    );
    await until(operator, () => names.every((name) => readyOf(name)?.status === "True"));
    expect([most, overlap]).toEqual([4, false]);
  });

  it("hands out frozen objects", async () => {
    const frozen: boolean[] = [];
    const operator = await operate({
      ...parts,
      reconcile(object) {
        frozen.push(Object.isFrozen(object), Object.isFrozen(object.spec), Object.isFrozen(object.metadata));
        return { conditions: [notReady("No", "no")] };
      },
    });
    await operator.apply(App, app("a"));
    await operator.settled();
    expect(new Set(frozen)).toEqual(new Set([true]));
  });

  it("holds one watch per kind for many controllers", async () => {
    const cluster = await server.start();
    const controllers = ["one", "two", "three"].map((name) => ({
      ...parts,
      name,
      reconcile: () => ({ conditions: [] }),
    }));
    operators.push(await testOperator({ cluster, controllers }));
    expect(server.requests.filter((line) => line.startsWith("WATCH")).sort()).toEqual([
      "WATCH apps",
      "WATCH configmaps",
    ]);
  });

  it("stops a fight over a field instead of looping for ever", async () => {
    const operator = await operate(parts);
    await operator.apply(App, app("a", { text: "ours" }));
    await operator.settled();
    let edits = 0;
    const end = server.store.onEvent(({ plural, object }) => {
      if (plural !== "configmaps" || Reflect.get(object, "data")?.text !== "ours" || edits >= 50) return;
      edits += 1;
      const author = { manager: "rival", operation: "Update", subresource: "" } as const;
      setImmediate(() =>
        server.store.write(
          "configmaps",
          "default/a-main",
          (live) => Object.assign(live, { data: { text: "theirs" } }),
          author,
        ),
      );
    });
    await operator.client.patch(
      ConfigMap,
      { namespace, name: "a-main" },
      { data: { text: "theirs" } },
      { patchType: "merge" },
    );
    await until(operator, () => JSON.stringify(server.store.list("events")).includes("DriftLoop"));
    end();
    expect(edits).toBeLessThan(10);
  });

  it("lets extensions look on, decide instead, and fail without harm", async () => {
    const heard: string[] = [];
    const mood = { instead: false };
    const operator = await operate(parts, {
      extensions: [
        {
          name: "broken",
          afterReconcile() {
            throw new Error("after");
          },
          onLifecycle: () => Promise.reject(new Error("told")),
        },
        {
          name: "listener",
          beforeReconcile: () => (mood.instead ? invalid("Frozen", "No changes today") : undefined),
          afterReconcile(object, { outcome, error }) {
            heard.push(`${object.metadata.name} ${error ? "failed" : outcome?.conditions[0]?.reason}`);
          },
          onLifecycle(event, object) {
            if (object.kind === "App") heard.push(`${object.metadata.name} ${event}`);
          },
        },
      ],
    });
    await operator.apply(App, app("a"));
    await operator.settled();
    mood.instead = true;
    await operator.apply(App, app("a", { text: "2" }));
    await operator.settled();
    await operator.delete(App, { namespace, name: "a" });
    await until(operator, () => heard.includes("a deleted"));
    expect(heard.filter((line, place) => heard.indexOf(line) === place)).toEqual([
      "a created",
      "a ready",
      "a Applied",
      "a notReady",
      "a Frozen",
      "a deleted",
    ]);
    expect(text("a-main") ?? "gone").not.toBe("2");
  });

  it("looks at every object again at each resync, from the cache", async () => {
    const operator = await operate(parts, { resyncEveryMs: 10 });
    await operator.apply(App, app("a"));
    await operator.settled();
    const [start, passes] = [server.requests.length, await passesOf(operator)];
    while ((await passesOf(operator)) < passes + 5) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.requests.slice(start).filter((line) => !line.endsWith("events"))).toEqual([]);
  });

  it("slows down when most passes fail", async () => {
    let attempts = 0;
    const brake = { ratio: 0.5, window: 10, spacingMs: 50 };
    const failing = { ...parts, concurrency: 4, reconcile: () => Promise.reject(new Error(`no ${attempts++}`)) };
    const operator = await operate(failing, { brake, backoff: { baseMs: 1, maxMs: 1 } });
    for (const name of ["a", "b", "c", "d"]) await operator.apply(App, app(name));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = attempts;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(attempts - before).toBeGreaterThan(2);
    expect(attempts - before).toBeLessThan(20);
    const ratio = await operator.manager.metrics.registry.getSingleMetric("reconcile_failure_ratio")?.get();
    expect(ratio?.values[0]?.value).toBe(1);
  });

  it("changes its concurrency while it runs", async () => {
    let running = 0;
    let most = 0;
    const release = Promise.withResolvers<void>();
    const operator = await operate({
      ...parts,
      concurrency: 1,
      async reconcile(object, cluster) {
        running += 1;
        most = Math.max(most, running);
        if (running === 3) release.resolve();
        await release.promise;
        running -= 1;
        return parts.reconcile(object, cluster);
      },
    });
    expect(() => operator.manager.tune({ concurrency: { nobody: 2 } })).toThrow('"nobody"');
    expect(() => operator.manager.tune({ concurrency: { parts: 0 } })).toThrow("0");
    operator.manager.tune({ concurrency: { parts: 3 } });
    for (const name of ["a", "b", "c", "d"]) await operator.apply(App, app(name));
    await until(operator, () => readyOf("d")?.status === "True");
    expect(most).toBe(3);
  });

  it("says what is wrong with a child that cannot be", async () => {
    const operator = await operate({
      ...parts,
      reconcile: () => desired([{ apiVersion: "v1", kind: "Secret", metadata: { name: "x" } }], { conditions: [] }),
    });
    await operator.apply(App, app("a"));
    await until(operator, () => server.store.list("events").length > 0);
    expect(JSON.stringify(server.store.list("events"))).toContain('is not in \\"owns\\" of the controller');
  });
});

function text(name: string): unknown {
  const data: unknown = Reflect.get(child(name) ?? {}, "data");
  return typeof data === "object" && data !== null ? Reflect.get(data, "text") : undefined;
}

async function passesOf(operator: TestOperator): Promise<number> {
  const metric = await operator.manager.metrics.registry.getSingleMetric("reconcile_total")?.get();
  return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}
