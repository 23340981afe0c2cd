import { rfc3339Seconds } from "@moorage/kube-types";
import { Namespace, Node, Pod, type PodStatus, ServiceAccount } from "@moorage/kube-types/core-v1";
import { createApiCore } from "../../registry/api-core.ts";
import { LocalApi } from "../../registry/local-api.ts";
import { startControllers } from "../start-controllers.ts";

/** An API server without HTTP, in memory, for tests. */
export function testApi(): LocalApi {
  const core = createApiCore({ services: { clusterIps: "127.96.0.0/16", nodePorts: { first: 30_000, last: 32_767 } } });
  const api = new LocalApi(core, {
    endpoint: { host: "127.0.0.1", port: 6443, certificateAuthority: "-----BEGIN CERTIFICATE-----" },
    createToken: ({ name }) => ({ token: `token-of-${name}`, expirationTimestamp: rfc3339Seconds(new Date()) }),
    createSecretToken: ({ name }) => `token-of-${name}`,
  });
  for (const name of ["default", "kube-node-lease"]) {
    api.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: {} });
  }
  // Pods cannot be created before their ServiceAccount is there.
  api.create(ServiceAccount, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace: "default" },
  });
  return api;
}

/** The built-in controllers on an API server of their own, without a node. */
export interface TestCluster {
  api: LocalApi;
  /** What controllers complained of. */
  errors: unknown[];
  /** Resolves when `condition` holds; looks again after each round of work. @throws Error after 15 s. */
  until(condition: () => boolean): Promise<void>;
  /** Resolves when nothing has been written for a few rounds. */
  settled(): Promise<void>;
  stop(): void;
}

export function startTestCluster(): TestCluster {
  const api = testApi();
  const errors: unknown[] = [];
  const stop = startControllers(api, {
    logError: (message, error) => errors.push(new Error(message, { cause: error })),
  });
  return {
    api,
    errors,
    stop,
    async until(condition) {
      const deadline = performance.now() + 15_000;
      while (!condition()) {
        if (performance.now() > deadline)
          throw new Error(`Waited 15 s in vain for ${condition}; errors: ${errors.join(", ")}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
    async settled() {
      for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** A node that is ready for pods. */
export function addNode(api: LocalApi, name = "node-1", node: Partial<Pick<Node, "spec">> = {}): Node {
  const created = api.create(Node, { apiVersion: "v1", kind: "Node", metadata: { name }, spec: {}, ...node });
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110" };
  return api.update(Node, { ...created, status: { allocatable, capacity: allocatable } }, { subresource: "status" });
}

/** Plays the node: every pod that is bound is ready, and every pod that is deleted goes. Returns how to stop. */
export function playNode(api: LocalApi, { ready = () => true }: { ready?: (pod: Pod) => boolean } = {}): () => void {
  let next = 0;
  return api.watch(Pod, ({ type, object }) => {
    if (type === "DELETED" || !object.spec?.nodeName) return;
    setImmediate(() => {
      const { namespace = "", name, uid } = object.metadata;
      const pod = api.get(Pod, { namespace, name });
      if (!pod || pod.metadata.uid !== uid) return;
      if (pod.metadata.deletionTimestamp) api.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0 });
      else if (pod.status?.phase !== "Running" && ready(pod)) setPodStatus(api, pod, runningStatus(`10.0.0.${++next}`));
    });
  });
}

export function runningStatus(podIP: string): PodStatus {
  const lastTransitionTime = rfc3339Seconds(new Date());
  return {
    phase: "Running",
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: [{ type: "Ready", status: "True", lastTransitionTime }],
  };
}

export function setPodStatus(api: LocalApi, { metadata: { namespace = "", name } }: Pod, status: PodStatus): void {
  const current = api.get(Pod, { namespace, name });
  if (current) api.update(Pod, { ...current, status }, { subresource: "status" });
}
