import { ConfigMap } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { desired, invalid, notReady, TerminalError } from "./outcome.ts";
import { App, app, OperatorsInMemory, parts, passesOf } from "./testing/operators-in-memory.ts";
import { testOperator } from "./testing/test-operator.ts";

const namespace = "default";
const memory = new OperatorsInMemory();
const { operate, until, text, readyOf } = memory;
const author = { manager: "user", operation: "Apply", subresource: "" } as const;

describe("an operator under strain", () => {
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
    await until(operator, () => memory.server.store.list("events").length > 0);
    expect(JSON.stringify(memory.server.store.list("events"))).toContain("Oh no");
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
    const cluster = await memory.server.start();
    const controllers = ["one", "two", "three"].map((name) => ({
      ...parts,
      name,
      reconcile: () => ({ conditions: [] }),
    }));
    const operator = await testOperator({ cluster, controllers });
    memory.operators.push(operator);
    const watches = () => memory.server.requests.filter((line) => line.startsWith("WATCH"));
    await until(operator, () => watches().length >= 2);
    expect(watches().sort()).toEqual(["WATCH apps", "WATCH configmaps"]);
  });

  it("needs one connection per watch, and 16 for calls, however much there is to do at once", async () => {
    const operator = await operate({ ...parts, concurrency: 50 });
    let most = 0;
    const end = memory.server.store.onEvent(() => {
      most = Math.max(most, memory.server.connections);
    });
    const names = Array.from({ length: 50 }, (_, number) => `a-${number}`);
    for (const name of names) memory.server.store.create("apps", `default/${name}`, app(name), author);
    await until(operator, () => names.every((name) => readyOf(name)?.status === "True"));
    end();
    const watches = memory.server.requests.filter((line) => line.startsWith("WATCH")).length;
    expect([watches, most <= watches + 16]).toEqual([2, true]);
  });

  it("stops a fight over a field instead of looping for ever", async () => {
    const operator = await operate(parts);
    await operator.apply(App, app("a", { text: "ours" }));
    await operator.settled();
    let edits = 0;
    const end = memory.server.store.onEvent(({ plural, object }) => {
      if (plural !== "configmaps" || Reflect.get(object, "data")?.text !== "ours" || edits >= 50) return;
      edits += 1;
      const author = { manager: "rival", operation: "Update", subresource: "" } as const;
      setImmediate(() =>
        memory.server.store.write(
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
    await until(operator, () => JSON.stringify(memory.server.store.list("events")).includes("DriftLoop"));
    end();
    expect(edits).toBeLessThan(10);
  });

  it("does not take refusals of the server for a fight", async () => {
    const operator = await operate(parts);
    await operator.apply(App, app("a", { text: "ours" }));
    await operator.settled();
    let refusals = 8;
    memory.server.faults.refuse = (method) => (method === "PATCH" && refusals-- > 0 ? 500 : undefined);
    const edited = { data: { text: "theirs" } };
    memory.server.store.write("configmaps", "default/a-main", (live) => Object.assign(live, edited), author);
    await until(operator, () => text("a-main") === "ours");
    expect(refusals).toBeLessThan(0);
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
    const [start, passes] = [memory.server.requests.length, await passesOf(operator)];
    while ((await passesOf(operator)) < passes + 5) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(memory.server.requests.slice(start).filter((line) => !line.endsWith("events"))).toEqual([]);
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

  it("holds each key once while all workers are busy, and shows how many wait", async () => {
    let running = 0;
    const release = Promise.withResolvers<void>();
    const operator = await operate({
      ...parts,
      concurrency: 1,
      async reconcile(object, cluster) {
        running += 1;
        await release.promise;
        return parts.reconcile(object, cluster);
      },
    });
    const { registry } = operator.manager.metrics;
    const names = ["a", "b", "c", "d"];
    for (const name of names) await operator.apply(App, app(name));
    for (const name of names) await operator.apply(App, app(name, { text: "changed" }));
    const held = () => operator.manager.queues[0]?.depth;
    while (running < 1 || (held() ?? 0) < 3) await new Promise((resolve) => setImmediate(resolve));
    const depth = await registry.getSingleMetricAsString("workqueue_depth");
    expect(depth).toMatch(/^workqueue_depth\{.*name="parts".*\} 3$/m);
    expect(held()).toBe(3);
    release.resolve();
    await until(operator, () => names.every((name) => text(`${name}-main`) === "changed"));
    expect(held()).toBe(0);
  });

  it("says what is wrong with a child that cannot be", async () => {
    const operator = await operate({
      ...parts,
      reconcile: () => desired([{ apiVersion: "v1", kind: "Secret", metadata: { name: "x" } }], { conditions: [] }),
    });
    await operator.apply(App, app("a"));
    await until(operator, () => memory.server.store.list("events").length > 0);
    expect(JSON.stringify(memory.server.store.list("events"))).toContain('is not in \\"owns\\" of the controller');
  });
});
