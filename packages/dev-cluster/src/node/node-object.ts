import { arch, cpus, hostname, platform, release, totalmem } from "node:os";
import { rfc3339Seconds } from "@moorage/kube-types";
import { Lease } from "@moorage/kube-types/coordination-v1";
import { Node, type NodeStatus } from "@moorage/kube-types/core-v1";
import type { ClusterApi } from "../cluster-api.ts";
import { equalsAsJson } from "../controllers/runtime/deep-equal.ts";

/** Source: kubelet renews its Lease every 10 s, and a node counts as lost 40 s after the last time. */
const renewMs = 10_000;
const leaseSeconds = 40;
const leaseNamespace = "kube-node-lease";
/**
 * Requests are promises that a process cannot be held to, and most programs on a laptop are idle: the node lets
 * pods ask for this many times what the machine has, so that samples made for clusters still fit.
 */
const overcommit = 64;
const maxPods = 2000;

/** What the node reports of itself. */
export interface NodeFactsToReport {
  name: string;
  hostAddress: string;
  /** Whether each pod has an address of its own. */
  addressPerPod: boolean;
}

/** What pods may ask for in total. */
export function allocatableResources(): Record<string, string> {
  return {
    cpu: String(cpus().length * overcommit),
    memory: `${Math.floor(totalmem() / 1024) * overcommit}Ki`,
    "ephemeral-storage": "100Gi",
    pods: String(maxPods),
  };
}

/** Registers the node and keeps its Lease; returns how to stop. The Node object itself is written only when it changes. */
export function registerNode(
  api: ClusterApi,
  facts: NodeFactsToReport,
  logError: (message: string, error: unknown) => void,
): () => void {
  const node = ensureNode(api, facts);
  const status = statusOf(node, facts);
  if (!equalsAsJson(status, node.status)) api.update(Node, { ...node, status }, { subresource: "status" });
  const renew = () => {
    try {
      renewLease(api, node);
    } catch (error) {
      // The next beat comes in 10 s; one that is missing is no failure yet.
      logError(`Cannot renew the Lease of node "${facts.name}"`, error);
    }
  };
  renew();
  const timer = setInterval(renew, renewMs);
  timer.unref();
  return () => clearInterval(timer);
}

function ensureNode(api: ClusterApi, { name }: NodeFactsToReport): Node {
  const existing = api.get(Node, { name });
  const labels = {
    ...existing?.metadata.labels,
    "beta.kubernetes.io/arch": goArchitecture(),
    "beta.kubernetes.io/os": platform(),
    "kubernetes.io/arch": goArchitecture(),
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": platform(),
  };
  if (!existing) return api.create(Node, { apiVersion: "v1", kind: "Node", metadata: { name, labels }, spec: {} });
  if (equalsAsJson(labels, existing.metadata.labels)) return existing;
  return api.update(Node, { ...existing, metadata: { ...existing.metadata, labels } });
}

function statusOf(node: Node, { name, hostAddress, addressPerPod }: NodeFactsToReport): NodeStatus {
  const capacity = {
    cpu: String(cpus().length),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    "ephemeral-storage": "100Gi",
    pods: String(maxPods),
  };
  return {
    addresses: [
      { type: "InternalIP", address: hostAddress },
      { type: "Hostname", address: name },
    ],
    capacity,
    allocatable: allocatableResources(),
    conditions: conditionsOf(node, addressPerPod),
    nodeInfo: {
      architecture: goArchitecture(),
      operatingSystem: platform(),
      kernelVersion: release(),
      osImage: `${platform()} ${release()} on ${hostname()}`,
      containerRuntimeVersion: `process://${process.version.slice(1)}`,
      kubeletVersion: "v1.36.3",
      kubeProxyVersion: "",
      bootID: "",
      machineID: "",
      systemUUID: "",
    },
  };
}

function conditionsOf({ status }: Node, addressPerPod: boolean) {
  const time = rfc3339Seconds(new Date());
  const observed = [
    {
      type: "MemoryPressure",
      status: "False",
      reason: "KubeletHasSufficientMemory",
      message: "kubelet has sufficient memory available",
    },
    {
      type: "DiskPressure",
      status: "False",
      reason: "KubeletHasNoDiskPressure",
      message: "kubelet has no disk pressure",
    },
    {
      type: "PIDPressure",
      status: "False",
      reason: "KubeletHasSufficientPID",
      message: "kubelet has sufficient PID available",
    },
    addressPerPod
      ? { type: "PodAddresses", status: "True", reason: "AddressPerPod", message: "each pod has an address of its own" }
      : {
          type: "PodAddresses",
          status: "False",
          reason: "SharedAddress",
          message:
            "this system offers no addresses in 127.0.0.0/8 but 127.0.0.1, so pods share it and their ports may clash; add aliases with: ifconfig lo0 alias 127.88.0.1",
        },
    { type: "Ready", status: "True", reason: "KubeletReady", message: "the node runs pods as processes" },
  ];
  return observed.map((condition) => {
    const before = status?.conditions?.find(({ type }) => type === condition.type);
    const isSame = before?.status === condition.status;
    return {
      ...condition,
      lastHeartbeatTime: isSame ? (before.lastHeartbeatTime ?? time) : time,
      lastTransitionTime: isSame ? (before.lastTransitionTime ?? time) : time,
    };
  });
}

function renewLease(api: ClusterApi, { metadata: { name, uid = "" } }: Node): void {
  const renewTime = new Date().toISOString().replace("Z", "000Z");
  const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime };
  const existing = api.get(Lease, { namespace: leaseNamespace, name });
  if (existing) {
    api.update(Lease, { ...existing, spec });
    return;
  }
  const ownerReferences = [{ apiVersion: "v1", kind: "Node", name, uid }];
  api.create(Lease, {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace: leaseNamespace, ownerReferences },
    spec,
  });
}

function goArchitecture(): string {
  return arch() === "x64" ? "amd64" : arch();
}
