import {
  ADD,
  ApiException,
  AppsV1Api,
  CoreV1Api,
  DELETE,
  ERROR,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  UPDATE,
  type V1ConfigMap,
  type V1Deployment,
  Watch,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../eventually.ts";
import { hasBinaries, type Server, servers } from "./servers.ts";

const namespace = "default";
const path = `/api/v1/namespaces/${namespace}/configmaps`;
const cases = servers.filter(({ name, needs }) => hasBinaries(needs, `@kubernetes/client-node on ${name}`));

const configMap = (name: string, value: string, labels: Record<string, string> = {}): V1ConfigMap => ({
  metadata: { name, namespace, labels },
  data: { value },
});

/** The HTTP status of what the client throws. */
async function refusalOf(call: Promise<unknown>): Promise<number> {
  return call.then(
    () => 200,
    (error: unknown) => {
      if (error instanceof ApiException) return error.code;
      throw error;
    },
  );
}

describe.each(cases)("@kubernetes/client-node on $name", ({ start }) => {
  let server: Server;
  const config = new KubeConfig();
  let core: CoreV1Api;
  let apps: AppsV1Api;
  beforeAll(async () => {
    server = await start();
    config.loadFromFile(server.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    apps = config.makeApiClient(AppsV1Api);
  }, 90_000);
  afterAll(() => server.stop());

  it("creates, reads, replaces, lists and deletes", async () => {
    const made = await core.createNamespacedConfigMap({ namespace, body: configMap("crud", "1") });
    expect(await refusalOf(core.createNamespacedConfigMap({ namespace, body: configMap("crud", "1") }))).toBe(409);
    const body = { ...made, data: { value: "2" } };
    const replaced = await core.replaceNamespacedConfigMap({ namespace, name: "crud", body });
    expect(replaced.metadata?.resourceVersion).not.toBe(made.metadata?.resourceVersion);
    // The version that it was read at is no longer the newest.
    expect(await refusalOf(core.replaceNamespacedConfigMap({ namespace, name: "crud", body }))).toBe(409);
    expect((await core.readNamespacedConfigMap({ namespace, name: "crud" })).data).toEqual({ value: "2" });
    const { items } = await core.listNamespacedConfigMap({ namespace, fieldSelector: "metadata.name=crud" });
    expect(items.map(({ metadata }) => metadata?.uid)).toEqual([made.metadata?.uid]);
    expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date);
    await core.deleteNamespacedConfigMap({ namespace, name: "crud" });
    expect(await refusalOf(core.readNamespacedConfigMap({ namespace, name: "crud" }))).toBe(404);
  });

  it("pages through a list", async () => {
    for (let count = 0; count < 7; count++)
      await core.createNamespacedConfigMap({ namespace, body: configMap(`page-${count}`, "1", { paged: "yes" }) });
    const names: (string | undefined)[] = [];
    let token: string | undefined;
    do {
      const query = { namespace, labelSelector: "paged=yes", limit: 3, ...(token && { _continue: token }) };
      const { items, metadata } = await core.listNamespacedConfigMap(query);
      expect(items.length).toBeLessThanOrEqual(3);
      names.push(...items.map((item) => item.metadata?.name));
      token = metadata?._continue;
    } while (token);
    expect(names).toEqual(Array.from({ length: 7 }, (_, count) => `page-${count}`));
  });

  it("patches in each of the four ways", async () => {
    const name = "patched";
    const labels = { app: name };
    const body: V1Deployment = {
      metadata: { name },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "a:1" }] } },
      },
    };
    await apps.createNamespacedDeployment({ namespace, body });
    const patch = (change: unknown, strategy: string) =>
      apps.patchNamespacedDeployment(
        {
          namespace,
          name,
          body: change,
          fieldManager: "e2e",
          ...(strategy === PatchStrategy.ServerSideApply && { force: true }),
        },
        setHeaderOptions("Content-Type", strategy),
      );
    const json = [{ op: "replace", path: "/spec/minReadySeconds", value: 5 }];
    expect((await patch(json, PatchStrategy.JsonPatch)).spec?.minReadySeconds).toBe(5);
    const merged = await patch({ metadata: { annotations: { team: "sky" } } }, PatchStrategy.MergePatch);
    expect(merged.metadata?.annotations).toMatchObject({ team: "sky" });
    const containers = { spec: { template: { spec: { containers: [{ name: "side", image: "b:1" }] } } } };
    const strategic = await patch(containers, PatchStrategy.StrategicMergePatch);
    expect(strategic.spec?.template.spec?.containers.map((container) => container.name)).toEqual(["side", "main"]);
    const applied = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec: { minReadySeconds: 7 } };
    const owned = await patch(applied, PatchStrategy.ServerSideApply);
    expect(owned.spec?.minReadySeconds).toBe(7);
    expect(owned.metadata?.managedFields?.map(({ operation }) => operation)).toContain("Apply");
  });

  it("watches from a version on", async () => {
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    const seen: string[] = [];
    const query = { resourceVersion: metadata?.resourceVersion, allowWatchBookmarks: true };
    const watching = await new Watch(config).watch(
      path,
      query,
      (phase: string, object: V1ConfigMap) => void seen.push(`${phase} ${object.metadata?.name}`),
      () => undefined,
    );
    await core.createNamespacedConfigMap({ namespace, body: configMap("watched", "1") });
    await core.deleteNamespacedConfigMap({ namespace, name: "watched" });
    await eventually("both changes are seen", 10_000, async () =>
      seen.includes("DELETED watched") ? true : undefined,
    );
    expect(seen).toEqual(["ADDED watched", "DELETED watched"]);
    watching.abort();
  });

  it("keeps an informer's cache up to date, also after its connection broke", async () => {
    const labelSelector = "kind=informed";
    const list = () => core.listNamespacedConfigMap({ namespace, labelSelector });
    const create = (name: string) =>
      core.createNamespacedConfigMap({ namespace, body: configMap(name, "1", { kind: "informed" }) });
    await create("informed-0");
    const informer = makeInformer(config, path, list, labelSelector);
    const seen: string[] = [];
    for (const verb of [ADD, UPDATE, DELETE] as const)
      informer.on(verb, ({ metadata }) => void seen.push(`${verb} ${metadata?.name}`));
    informer.on(ERROR, (error: unknown) => void seen.push(`error ${String(error)}`));
    const sees = (what: string) =>
      eventually(what, 10_000, async () => {
        if (seen.includes(what)) return true;
        throw new Error(JSON.stringify(seen));
      });
    await informer.start();
    await sees("add informed-0");
    const made = await create("informed-1");
    await sees("add informed-1");
    await core.replaceNamespacedConfigMap({ namespace, name: "informed-1", body: { ...made, data: { value: "2" } } });
    await sees("update informed-1");
    expect(informer.get("informed-1", namespace)?.data).toEqual({ value: "2" });
    await informer.stop();
    await core.deleteNamespacedConfigMap({ namespace, name: "informed-0" });
    await informer.start();
    await sees("delete informed-0");
    expect(informer.list(namespace).map(({ metadata }) => metadata?.name)).toEqual(["informed-1"]);
    await informer.stop();
  });
});
