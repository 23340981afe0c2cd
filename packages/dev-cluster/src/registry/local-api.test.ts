import { Deployment } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Namespace, Pod, Service, ServiceAccount } from "@moorage/kube-types/core-v1";
import { beforeEach, describe, expect, it } from "vitest";
import type { ObjectChange } from "../cluster-api.ts";
import { ApiError } from "../status/api-error.ts";
import { createApiCore } from "./api-core.ts";
import { LocalApi } from "./local-api.ts";

let api: LocalApi;
let settled: () => Promise<void>;

beforeEach(() => {
  const core = createApiCore({ services: { clusterIps: "127.96.0.0/16", nodePorts: { first: 30_000, last: 32_767 } } });
  settled = () => core.store.settled();
  api = new LocalApi(core, {
    endpoint: { host: "127.0.0.1", port: 0, certificateAuthority: "" },
    createSecretToken: () => "",
    createToken: () => ({ token: "", expirationTimestamp: "" }),
  });
  api.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" }, spec: {} });
  api.create(ServiceAccount, meta("ServiceAccount", "default"));
});

const meta = (kind: string, name: string) => ({ apiVersion: "v1", kind, metadata: { name, namespace: "default" } });
const configMap = (name: string): ConfigMap => ({ ...meta("ConfigMap", name), data: { key: "value" } });
const pod = (name: string): Pod => ({ ...meta("Pod", name), spec: { containers: [{ name: "c", image: "web:1" }] } });

function refusalOf(action: () => unknown): { code: number; reason: string } | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof ApiError) return { code: error.code, reason: error.reason };
    throw error;
  }
  return undefined;
}

describe("LocalApi", () => {
  it("gives a new object uid, version and time, and reads it back", () => {
    const made = api.create(ConfigMap, configMap("a"));
    expect(made.metadata).toMatchObject({ name: "a", namespace: "default" });
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(api.get(ConfigMap, { namespace: "default", name: "a" })).toEqual(made);
  });

  it("completes generateName with five random characters", () => {
    const made = api.create(ConfigMap, {
      ...configMap(""),
      metadata: { name: "", namespace: "default", generateName: "a-" },
    });
    expect(made.metadata.name).toMatch(/^a-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it("refuses a stale update as a conflict and a missing object as not found", () => {
    const first = api.create(ConfigMap, configMap("a"));
    api.update(ConfigMap, { ...first, data: { key: "2" } });
    expect(refusalOf(() => api.update(ConfigMap, { ...first, data: { key: "3" } }))).toEqual({
      code: 409,
      reason: "Conflict",
    });
    expect(refusalOf(() => api.update(ConfigMap, configMap("none")))).toEqual({ code: 404, reason: "NotFound" });
    expect(refusalOf(() => api.create(ConfigMap, configMap("a")))).toEqual({ code: 409, reason: "AlreadyExists" });
  });

  it("writes nothing when an update changes nothing", () => {
    const first = api.create(ConfigMap, configMap("a"));
    expect(api.update(ConfigMap, first).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it("counts generations by the spec only, and keeps status and spec apart", () => {
    const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "web:1" }] } };
    const made = api.create(Deployment, {
      ...meta("Deployment", "a"),
      apiVersion: "apps/v1",
      spec: { selector: { matchLabels: { app: "a" } }, template },
    });
    expect(made.metadata.generation).toBe(1);
    expect(made.spec?.replicas).toBe(1);
    const scaled = api.update(Deployment, {
      ...made,
      spec: { selector: { matchLabels: { app: "a" } }, template, replicas: 2 },
      status: { replicas: 9 },
    });
    expect(scaled.metadata.generation).toBe(2);
    expect(scaled.status?.replicas).toBeUndefined();
    const reported = api.update(Deployment, { ...scaled, status: { replicas: 2 } }, { subresource: "status" });
    expect(reported.metadata.generation).toBe(2);
    expect(reported.status?.replicas).toBe(2);
  });

  it("removes an object once its last finalizer is gone", () => {
    const made = api.create(ConfigMap, {
      ...configMap("a"),
      metadata: { name: "a", namespace: "default", finalizers: ["example.com/hold"] },
    });
    api.delete(ConfigMap, { namespace: "default", name: "a" });
    const held = api.get(ConfigMap, { namespace: "default", name: "a" });
    expect(held?.metadata.deletionTimestamp).toBeDefined();
    api.update(ConfigMap, { ...made, metadata: { ...held?.metadata, name: "a", finalizers: [] } });
    expect(api.get(ConfigMap, { namespace: "default", name: "a" })).toBeUndefined();
  });

  it("binds a pod in its first generation, and gives it a grace period then", () => {
    api.create(Pod, pod("waiting"));
    api.delete(Pod, { namespace: "default", name: "waiting" });
    expect(api.get(Pod, { namespace: "default", name: "waiting" })).toBeUndefined();

    api.create(Pod, pod("bound"));
    api.bindPod({ namespace: "default", name: "bound" }, "node1");
    expect(api.get(Pod, { namespace: "default", name: "bound" })).toMatchObject({
      metadata: { generation: 1 },
      spec: { nodeName: "node1" },
    });
    api.delete(Pod, { namespace: "default", name: "bound" });
    const dying = api.get(Pod, { namespace: "default", name: "bound" });
    expect(dying?.metadata.deletionGracePeriodSeconds).toBe(30);
    api.delete(Pod, { namespace: "default", name: "bound" }, { gracePeriodSeconds: 0 });
    expect(api.get(Pod, { namespace: "default", name: "bound" })).toBeUndefined();
  });

  it("mounts the ServiceAccount's token into pods", () => {
    const made = api.create(Pod, pod("a"));
    expect(made.spec?.serviceAccountName).toBe("default");
    expect(made.spec?.volumes?.[0]?.name).toMatch(/^kube-api-access-/);
    expect(
      refusalOf(() =>
        api.create(Pod, {
          ...pod("b"),
          spec: { serviceAccountName: "nobody", containers: [{ name: "c", image: "i" }] },
        }),
      ),
    ).toEqual({
      code: 403,
      reason: "Forbidden",
    });
  });

  it("allocates cluster addresses from the range, each once", () => {
    const service = (name: string): Service => ({ ...meta("Service", name), spec: { ports: [{ port: 80 }] } });
    const addresses = ["a", "b", "c"].map((name) => api.create(Service, service(name)).spec?.clusterIP);
    expect(new Set(addresses).size).toBe(3);
    for (const address of addresses) expect(address).toMatch(/^127\.96\.\d+\.\d+$/);
    const headless = api.create(Service, { ...service("d"), spec: { clusterIP: "None", ports: [{ port: 80 }] } });
    expect(headless.spec?.clusterIP).toBe("None");
  });

  it("keeps a namespace until it is finalized", () => {
    api.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" }, spec: {} });
    api.delete(Namespace, { name: "team" });
    const dying = api.get(Namespace, { name: "team" });
    expect(dying?.status?.phase).toBe("Terminating");
    expect(
      refusalOf(() => api.create(ConfigMap, { ...configMap("x"), metadata: { name: "x", namespace: "team" } }))?.code,
    ).toBe(403);
    if (dying) api.update(Namespace, { ...dying, spec: { finalizers: [] } }, { subresource: "finalize" });
    expect(api.get(Namespace, { name: "team" })).toBeUndefined();
  });

  it("watches: what is there, then each change in order", async () => {
    api.create(ConfigMap, configMap("before"));
    const heard: string[] = [];
    const stop = api.watch(ConfigMap, ({ type, object }: ObjectChange<ConfigMap>) =>
      heard.push(`${type} ${object.metadata.name}`),
    );
    expect(heard).toEqual(["ADDED before"]);
    const made = api.create(ConfigMap, configMap("a"));
    api.update(ConfigMap, { ...made, data: {} });
    api.delete(ConfigMap, { namespace: "default", name: "a" });
    await settled();
    expect(heard).toEqual(["ADDED before", "ADDED a", "MODIFIED a", "DELETED a"]);
    stop();
    api.create(ConfigMap, configMap("b"));
    await settled();
    expect(heard).toHaveLength(4);
  });
});
