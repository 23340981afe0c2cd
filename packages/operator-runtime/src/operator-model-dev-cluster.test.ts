import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevCluster, startDevCluster } from "@moorage/dev-cluster";
import type { KubeObject } from "@moorage/kube-types";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import { ConfigMap, Namespace } from "@moorage/kube-types/core-v1";
import { afterAll, beforeAll, describe, it } from "vitest";
import { FaultyProxy } from "./testing/model/faulty-proxy.ts";
import { liveThrough } from "./testing/model/lanes.ts";
import { App, type ModelServer } from "./testing/model/model-server.ts";

// biome-ignore lint/style/noProcessEnv: CI asks for more sequences than a developer wants to wait for.
const sequences = Number(process.env["MODEL_DEV_CLUSTER_SEQUENCES"] ?? 16);

let dir: string;
let devCluster: DevCluster;
let token: string;
let born = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "moorage-model-"));
  devCluster = await startDevCluster({ dir, node: false });
  token = (await readFile(join(dir, "pki", "admin.token"), "utf8")).trim();
  devCluster.api.create(CustomResourceDefinition, definition);
});
afterAll(async () => {
  await devCluster.stop();
  await rm(dir, { recursive: true });
});

const definition: CustomResourceDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "apps.try.dev" },
  spec: {
    group: App.group,
    scope: "Namespaced",
    names: { kind: App.kind, plural: App.plural },
    versions: [
      {
        name: App.version,
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

/** A namespace of its own in the dev cluster, behind a proxy that fails as told. */
async function startServer(): Promise<ModelServer> {
  const { api } = devCluster;
  born += 1;
  const namespace = `model-${born}`;
  api.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace }, spec: {} });
  const proxy = new FaultyProxy(devCluster.url);
  const ours = ({ metadata }: KubeObject) => metadata.ownerReferences?.some(({ kind }) => kind === App.kind);
  return {
    namespace,
    cluster: { server: await proxy.start(), namespace, token: { data: token } },
    setApp(name, spec) {
      const metadata = { namespace, name };
      const live = api.get(App, metadata);
      if (live?.metadata.deletionTimestamp) return false;
      if (live) api.update(App, { ...live, spec });
      else api.create(App, { apiVersion: "try.dev/v1", kind: "App", metadata, spec });
      return true;
    },
    deleteApp: (name) => api.delete(App, { namespace, name }),
    editChild(name) {
      const live = api.get(ConfigMap, { namespace, name });
      if (live) api.update(ConfigMap, { ...live, data: { text: "edited" } });
    },
    deleteChild(name) {
      if (api.get(ConfigMap, { namespace, name })) api.delete(ConfigMap, { namespace, name });
    },
    // It has no cheap sign of change: it is looked at each time.
    version: () => Symbol("now"),
    apps: () => api.list(App, { namespace }),
    // Every namespace also has the cluster's CA in a ConfigMap.
    children: () => api.list(ConfigMap, { namespace }).filter(ours),
    fail: (times, how) => proxy.fail(times, how),
    cutWatches: () => proxy.cutWatches(),
    compactAndCut: () => proxy.expireWatches(),
    async stop() {
      await proxy.stop();
      api.delete(Namespace, { name: namespace });
    },
  };
}

describe("the runtime on the dev cluster", () => {
  it(`converges to what users want, whatever fails on the way (${sequences} sequences)`, {
    timeout: 60_000 + sequences * 5_000,
  }, async () => {
    await liveThrough(sequences, startServer);
  });
});
