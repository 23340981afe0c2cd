import { findCondition } from "@moorage/kube-types";
import { ConfigMap, Secret } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { index, reads, watch } from "./controller.ts";
import { desired, invalid, ready, waiting } from "./outcome.ts";
import { conditionsOf, statusOf } from "./reconcile/status.ts";
import { App, app, configMap, OperatorsInMemory, parts, passesOf } from "./testing/operators-in-memory.ts";

const namespace = "default";
const memory = new OperatorsInMemory();
const { operate, until, child, text, stored, readyOf, writesSince } = memory;

describe("an operator", () => {
  it("makes the children, says so in status, and needs one request each", async () => {
    const operator = await operate(parts);
    const start = memory.server.requests.length;
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
    const start = memory.server.requests.length;
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

  it("tells of its children as it has just made them, not as they were before", async () => {
    const told: unknown[] = [];
    const operator = await operate({
      ...parts,
      childReads: [reads(ConfigMap, () => undefined)],
      reconcile(object, cluster) {
        const { data } = cluster.find(ConfigMap, { namespace, name: "a-main" }) ?? {};
        return desired([configMap("a-main", object.spec.text ?? "")], {
          status: { text: data?.["text"] ?? "none" },
          conditions: [],
        });
      },
    });
    for (const text of ["1", "2"]) {
      await operator.apply(App, app("a", { text }));
      await operator.settled();
      told.push(statusOf(stored("a")));
    }
    expect(told).toEqual([
      { text: "1", observedGeneration: 1, conditions: [] },
      { text: "2", observedGeneration: 2, conditions: [] },
    ]);
  });

  it("makes a child that waits for another as soon as that is ready, and keeps it then", async () => {
    const operator = await operate({
      ...parts,
      reconcile({ metadata: { name } }, cluster) {
        const database = cluster.find(ConfigMap, { namespace, name: `${name}-database` });
        const isReady = database?.metadata.annotations?.["ready"] === "yes";
        const names =
          isReady || cluster.find(ConfigMap, { namespace, name: `${name}-web` }) ? ["database", "web"] : ["database"];
        return desired(
          names.map((part) => configMap(`${name}-${part}`, "1")),
          { conditions: [] },
        );
      },
    });
    await operator.apply(App, app("a"));
    await operator.settled();
    expect([child("a-database") !== undefined, child("a-web")]).toEqual([true, undefined]);
    const tell = (value: string) => ({ metadata: { annotations: { ready: value } } });
    const key = { namespace, name: "a-database" };
    await operator.client.patch(ConfigMap, key, tell("yes"), { patchType: "merge" });
    await until(operator, () => child("a-web") !== undefined);
    await operator.client.patch(ConfigMap, key, tell("no"), { patchType: "merge" });
    await operator.settled();
    expect(child("a-web")).toBeDefined();
  });

  it("never adopts what another holds, says whose it is, and goes on when it is gone", async () => {
    const operator = await operate({ ...parts, blockedStatus: () => ({ phase: "Pending" }) });
    memory.server.store.create("configmaps", "default/a-main", configMap("a-main", "foreign"), {
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
    memory.server.store.delete("configmaps", "default/a-main");
    await until(operator, () => text("a-main") === "1");
    expect(readyOf("a")?.status).toBe("True");
    expect(findCondition(conditionsOf(stored("a")), "ResourceConflict")).toBeUndefined();
  });

  it("takes nothing of an object in its child's place that the cache does not know yet", async () => {
    const operator = await operate(parts);
    const { server } = memory;
    server.faults.refuse = (_, path) => (/configmaps.*watch=/.test(path) ? 503 : undefined);
    server.cutWatches();
    server.store.create("configmaps", "default/a-main", configMap("a-main", "foreign"), {
      manager: "x",
      operation: "Update",
      subresource: "",
    });
    await operator.apply(App, app("a", { parts: ["main"], text: "1" }));
    const tries = () => server.requests.filter((line) => line === "PATCH configmaps").length;
    await until(operator, () => tries() >= 2);
    expect([text("a-main"), child("a-main")?.metadata.ownerReferences]).toEqual(["foreign", undefined]);
    server.faults.refuse = () => undefined;
    await until(operator, () => readyOf("a")?.reason === "ResourceConflict");
    expect(text("a-main")).toBe("foreign");
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
    memory.server.faults.refuse = (method, path) =>
      method === "PATCH" && path.includes("configmaps") ? 403 : undefined;
    await operator.apply(App, app("a", { parts: ["x"], text: "2" }));
    await until(operator, () => readyOf("a")?.reason === "ApplyFailed");
    expect(child("a-y")).toBeDefined();
    memory.server.faults.refuse = () => undefined;
    await until(operator, () => child("a-y") === undefined);
    expect(readyOf("a")?.status).toBe("True");
  });

  it("prunes again when the server did not carry a deletion out", async () => {
    const operator = await operate(parts);
    await operator.apply(App, app("a", { parts: ["x"] }));
    await operator.settled();
    let refused = 0;
    memory.server.faults.refuse = (method) => (method === "DELETE" && refused++ === 0 ? 409 : undefined);
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
    await until(operator, () => memory.server.store.find("apps", "default/a") === undefined);
    expect(calls).toEqual(["a", "a"]);
    await until(operator, () => child("a-main") === undefined);
  });

  it("keeps a deleted object while finalize says what it waits for, and tells that once", async () => {
    const held = waiting("InUse", 'Secret "key" is still there', {
      events: [{ type: "Warning", reason: "DeletionBlocked", message: 'Secret "key" is still there' }],
    });
    const operator = await operate({
      ...parts,
      watches: [watch(Secret, ({ metadata }) => [{ namespace: metadata.namespace, name: "a" }])],
      needsFinalizer: (_, cluster) => cluster.list(Secret).length > 0,
      finalize: (_, cluster) => (cluster.list(Secret).length > 0 ? held : undefined),
    });
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "key", namespace } };
    await operator.apply(App, app("a"));
    await operator.settled();
    expect(stored("a").metadata.finalizers ?? []).toEqual([]);
    await operator.apply(Secret, secret);
    await operator.settled();
    expect(stored("a").metadata.finalizers).toEqual(["moorage.dev/parts"]);
    const start = memory.server.requests.length;
    await operator.delete(App, { namespace, name: "a" });
    await until(operator, () => readyOf("a")?.reason === "InUse");
    await operator.apply(Secret, { ...secret, metadata: { ...secret.metadata, labels: { seen: "again" } } });
    await operator.settled();
    expect(writesSince(start)).toEqual(["DELETE apps", "PATCH apps/status", "PATCH secrets"]);
    const told = () =>
      memory.server.store.list("events").filter((event) => Reflect.get(event, "reason") === "DeletionBlocked");
    await until(operator, () => told().length > 0);
    await operator.delete(Secret, { namespace, name: "key" });
    await until(operator, () => memory.server.store.find("apps", "default/a") === undefined);
    expect(told()).toHaveLength(1);
  });

  it("takes its finalizer off again when nothing needs it any more", async () => {
    const operator = await operate({
      ...parts,
      needsFinalizer: ({ spec }) => spec.text === "held",
      finalize: () => undefined,
    });
    const finalizers = ["somebody.dev/else"];
    const other = (text: string) => ({ ...app("a", { text }), metadata: { name: "a", namespace, finalizers } });
    await operator.apply(App, other("held"));
    await operator.settled();
    expect(stored("a").metadata.finalizers).toEqual([...finalizers, "moorage.dev/parts"]);
    await operator.client.patch(App, { namespace, name: "a" }, { spec: { text: "free" } }, { patchType: "merge" });
    await until(operator, () => stored("a").metadata.finalizers?.length === 1);
    expect(stored("a").metadata.finalizers).toEqual(finalizers);
  });

  it("says a last status while others hold a deleted object, once, and keeps the rest of it", async () => {
    const operator = await operate({ ...parts, deletingStatus: () => ({ phase: "Deleting" }) });
    const held = app("a");
    held.metadata.finalizers = ["foregroundDeletion"];
    await operator.apply(App, held);
    await operator.settled();
    const start = memory.server.requests.length;
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
    const made = memory.server.store.list("configmaps").map(({ metadata }) => metadata.namespace);
    expect(made.sort()).toEqual(["default", "two"]);
    const { cache } = operator.manager;
    expect(cache.list(App).map(({ metadata }) => metadata.namespace)).toEqual(["default", "two"]);
    expect(cache.list(App, { namespace: "two" })).toHaveLength(1);
    expect(cache.find(App, { namespace: "three", name: "a" })).toBeUndefined();
    expect(memory.server.requests.filter((line) => line === "WATCH apps")).toHaveLength(2);
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
});
