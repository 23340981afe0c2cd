import { rfc3339Seconds } from "@moorage/kube-types";
import type { ContainerState, ContainerStateTerminated, ContainerStatus } from "@moorage/kube-types/core-v1";
import type { Exit } from "../process/container-process.ts";
import type { ContainerSnapshot } from "./pod-status.ts";

/** What is known of a run that has ended, besides its exit. */
export interface EndedRun {
  /** RFC 3339. */
  startedAt: string;
  message?: string;
  containerID?: string;
}

/** The state of a container whose process has ended. */
export function terminatedState(
  { exitCode, signal, startError }: Exit,
  run: EndedRun,
  now: Date,
): ContainerStateTerminated {
  const message = startError ?? run.message;
  return {
    exitCode,
    ...(signal !== undefined && { signal }),
    reason: startError ? "StartError" : exitCode === 0 ? "Completed" : "Error",
    ...(message && { message }),
    startedAt: run.startedAt,
    finishedAt: rfc3339Seconds(now),
    ...(run.containerID && { containerID: run.containerID }),
  };
}

/** For the run that follows: the end of this one. */
export function lastStateFrom(state: ContainerState | undefined): Partial<ContainerSnapshot> {
  return state?.terminated ? { lastState: { terminated: state.terminated } } : {};
}

/**
 * Where a container goes on after a restart of the node: what was running then counts as lost, and the next run
 * as another. Source: kubelet's `ContainerStatusUnknown`.
 */
export function continuedFrom(
  { restartCount, state, lastState, containerID }: ContainerStatus,
  now: Date,
): Partial<ContainerSnapshot> {
  const lost = state?.running && {
    exitCode: 255,
    reason: "Unknown",
    ...(state.running.startedAt && { startedAt: state.running.startedAt }),
    finishedAt: rfc3339Seconds(now),
    ...(containerID && { containerID }),
  };
  const terminated = lost ?? state?.terminated ?? lastState?.terminated;
  return {
    restartCount: restartCount + (state?.running || state?.terminated ? 1 : 0),
    ...(terminated && { lastState: { terminated } }),
  };
}
