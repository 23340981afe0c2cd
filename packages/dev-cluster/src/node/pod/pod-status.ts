import { rfc3339Seconds } from "@moorage/kube-types";
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from "@moorage/kube-types/core-v1";
import { isSidecar } from "./pod-text.ts";

/** What the node knows of one container. Absent fields are not known yet. */
export interface ContainerSnapshot {
  state?: ContainerState;
  lastState?: ContainerState;
  restartCount: number;
  ready: boolean;
  started: boolean;
  containerID?: string;
}

/** What the node knows of a pod. */
export interface PodSnapshot {
  podIP: string;
  hostIP: string;
  startTime: string;
  /** Volumes are there and the address is known. */
  sandboxReady: boolean;
  containers: ReadonlyMap<string, ContainerSnapshot>;
  /** Set when the node ended the pod for a reason of its own, such as its deadline. */
  failure?: { reason: string; message: string };
}

const unknown: ContainerSnapshot = { restartCount: 0, ready: false, started: false };

/** The status of a pod as kubelet 1.36 writes it. Times of conditions that have not changed are kept. */
export function podStatusOf(pod: Pod, snapshot: PodSnapshot, now: Date): PodStatus {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  // Containers start only once the init containers are done; a sidecar that ends later changes nothing about that.
  const hasBegun = containers.some(({ name }) => snapshot.containers.has(name));
  const initialized = hasBegun || initContainers.every((container) => isInitialized(container, snapshot));
  const phase = snapshot.failure ? "Failed" : phaseOf(pod, snapshot, initialized);
  const { generation } = pod.metadata;
  const waitingReason = initContainers.length > 0 && !initialized ? "PodInitializing" : "ContainerCreating";
  const statuses = (list: Container[]) => list.map((container) => containerStatus(container, snapshot, waitingReason));
  return {
    ...kept(pod.status),
    ...snapshot.failure,
    phase,
    ...(generation !== undefined && { observedGeneration: generation }),
    conditions: conditionsOf(pod, { snapshot, initialized, phase, now }),
    hostIP: snapshot.hostIP,
    hostIPs: [{ ip: snapshot.hostIP }],
    ...(snapshot.sandboxReady && { podIP: snapshot.podIP, podIPs: [{ ip: snapshot.podIP }] }),
    startTime: snapshot.startTime,
    ...(initContainers.length > 0 && { initContainerStatuses: statuses(initContainers) }),
    containerStatuses: statuses(containers),
  };
}

/** What the API server or others wrote and the node does not know better. */
function kept({ qosClass, nominatedNodeName, resourceClaimStatuses }: PodStatus = {}): PodStatus {
  return {
    ...(qosClass && { qosClass }),
    ...(nominatedNodeName && { nominatedNodeName }),
    ...(resourceClaimStatuses && { resourceClaimStatuses }),
  };
}

function isInitialized(container: Container, { containers }: PodSnapshot): boolean {
  const { state, started } = containers.get(container.name) ?? unknown;
  return isSidecar(container) ? started : state?.terminated?.exitCode === 0;
}

function phaseOf(pod: Pod, { containers }: PodSnapshot, initialized: boolean): string {
  const { initContainers = [], containers: main = [], restartPolicy } = pod.spec ?? {};
  const stateOf = ({ name }: Container) => containers.get(name)?.state;
  const inits = initContainers.filter((container) => !isSidecar(container));
  const failedInit = inits.some((container) => (stateOf(container)?.terminated?.exitCode ?? 0) !== 0);
  if (failedInit && restartPolicy === "Never") return "Failed";
  if (!initialized && pod.metadata.deletionTimestamp === undefined) return "Pending";
  // A pod whose containers have ended goes on until its sidecars have.
  const lasting = initialized ? [...main, ...initContainers.filter(isSidecar)] : main;
  if (lasting.some((container) => stateOf(container)?.running)) return "Running";
  if (main.every((container) => stateOf(container)?.terminated)) {
    return endedPhase(
      pod,
      main.map((container) => stateOf(container)?.terminated?.exitCode ?? 0),
    );
  }
  const isAwaited = main.some((container) => stateOf(container)?.waiting && wasStarted(container, containers));
  return isAwaited ? "Running" : "Pending";
}

function endedPhase({ spec, metadata }: Pod, exitCodes: readonly number[]): string {
  const mayRestart = metadata.deletionTimestamp === undefined;
  const succeeded = exitCodes.every((code) => code === 0);
  if (mayRestart && (spec?.restartPolicy === "Always" || (spec?.restartPolicy === "OnFailure" && !succeeded)))
    return "Running";
  return succeeded ? "Succeeded" : "Failed";
}

function wasStarted({ name }: Container, containers: PodSnapshot["containers"]): boolean {
  return containers.get(name)?.lastState?.terminated !== undefined;
}

function containerStatus(
  { name, image = "" }: Container,
  { containers }: PodSnapshot,
  waitingReason: string,
): ContainerStatus {
  const { state, lastState, restartCount, ready, started, containerID } = containers.get(name) ?? unknown;
  return {
    ...(containerID !== undefined && { containerID }),
    image,
    imageID: containerID === undefined ? "" : image,
    lastState: lastState ?? {},
    name,
    ready,
    restartCount,
    started,
    state: state ?? { waiting: { reason: waitingReason } },
  };
}

interface Circumstances {
  snapshot: PodSnapshot;
  initialized: boolean;
  phase: string;
  now: Date;
}

function conditionsOf(pod: Pod, circumstances: Circumstances): PodCondition[] {
  const { snapshot, initialized, phase } = circumstances;
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const ended = phase === "Succeeded" || phase === "Failed";
  const isReady = ({ name }: Container) => snapshot.containers.get(name)?.ready ?? false;
  const unready = [...initContainers.filter(isSidecar), ...containers]
    .filter((container) => !isReady(container))
    .map(({ name }) => name);
  const uninitialized = initContainers
    .filter((container) => !isInitialized(container, snapshot))
    .map(({ name }) => name);
  const containersReady = condition(
    "ContainersReady",
    !ended && initialized && unready.length === 0,
    unreadyReason(phase, unready),
  );
  const gates = (pod.spec?.readinessGates ?? []).filter(
    ({ conditionType }) => pod.status?.conditions?.find(({ type }) => type === conditionType)?.status !== "True",
  );
  const ready =
    gates.length === 0
      ? { ...containersReady, type: "Ready" }
      : gatedReady(
          containersReady,
          gates.map(({ conditionType }) => conditionType),
        );
  const observed = [
    condition("PodReadyToStartContainers", snapshot.sandboxReady && !ended, undefined),
    condition("Initialized", initialized, {
      reason: "ContainersNotInitialized",
      message: `containers with incomplete status: [${uninitialized.join(" ")}]`,
    }),
    ready,
    containersReady,
    condition("PodScheduled", true, undefined),
  ];
  return merge(pod, observed, circumstances.now);
}

function unreadyReason(phase: string, unready: readonly string[]): { reason: string; message?: string } {
  if (phase === "Succeeded") return { reason: "PodCompleted" };
  if (phase === "Failed") return { reason: "PodFailed" };
  return { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
}

function gatedReady(containersReady: PodCondition, gates: readonly string[]): PodCondition {
  if (containersReady.status !== "True") return { ...containersReady, type: "Ready" };
  const message = gates
    .map((gate) => `corresponding condition of pod readiness gate "${gate}" does not exist or is not "True".`)
    .join(", ");
  return { type: "Ready", status: "False", reason: "ReadinessGatesNotReady", message };
}

function condition(type: string, holds: boolean, why: { reason: string; message?: string } | undefined): PodCondition {
  return { type, status: holds ? "True" : "False", ...(!holds && why) };
}

/** Keeps the conditions of others, and the time of those whose status has not changed. */
function merge(
  { status, metadata: { generation } }: Pod,
  observed: readonly PodCondition[],
  now: Date,
): PodCondition[] {
  const previous = status?.conditions ?? [];
  const types = new Set(observed.map(({ type }) => type));
  const own = observed.map((next) => {
    const before = previous.find(({ type }) => type === next.type);
    const lastTransitionTime =
      before?.status === next.status ? (before.lastTransitionTime ?? rfc3339Seconds(now)) : rfc3339Seconds(now);
    return { ...next, lastTransitionTime, ...(generation !== undefined && { observedGeneration: generation }) };
  });
  return [...own, ...previous.filter(({ type }) => !types.has(type))];
}
