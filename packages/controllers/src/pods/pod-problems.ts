import type { ContainerStatus, Pod } from "@moorage/kube-types/core-v1";

/** Why a pod does not serve, in words that tell a user what to do. */
export interface PodProblem {
  reason: string;
  message: string;
}

/**
 * The first problem of `pods` that waiting will not cure. The text holds no counts or times:
 * it stays the same while the problem does, so that it is written once.
 */
export function findPodProblem(pods: readonly Pod[]): PodProblem | undefined {
  for (const pod of pods) {
    // How a pod ends that is taken away is no problem: it may well have to be killed.
    if (pod.metadata.deletionTimestamp) continue;
    const problem = schedulingProblem(pod) ?? containerProblem(pod);
    if (problem) return problem;
  }
  return undefined;
}

function schedulingProblem({ metadata, status }: Pod): PodProblem | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status !== "False") return undefined;
  return {
    reason: "Unschedulable",
    message: `No node can run pod "${metadata.name}": ${scheduled.message ?? scheduled.reason ?? "no reason given"}`,
  };
}

function containerProblem({ metadata, status }: Pod): PodProblem | undefined {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const container of containers) {
    const problem = waitingProblem(container, metadata.name) ?? exitProblem(container, metadata.name);
    if (problem) return problem;
  }
  return undefined;
}

const imageReasons = new Set(["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"]);
const configReasons = new Set(["CreateContainerConfigError", "CreateContainerError", "RunContainerError"]);

function waitingProblem({ name, image, state }: ContainerStatus, pod: string): PodProblem | undefined {
  const { reason = "", message = reason } = state?.waiting ?? {};
  if (imageReasons.has(reason)) {
    return { reason: "ImagePullFailed", message: `Cannot get image "${image}": ${withoutBackOff(message)}` };
  }
  if (configReasons.has(reason)) {
    return {
      reason: "ContainerConfigInvalid",
      message: `Cannot start container "${name}" of pod "${pod}": ${message}`,
    };
  }
  return undefined;
}

/** kubelet alternates between the error and a back-off that quotes it. */
function withoutBackOff(message: string): string {
  return message.replace(/^Back-off pulling image "[^"]*"(: ErrImagePull)?: /, "");
}

/** A container that has failed and is not ready again: between crashes it may well be running. */
function exitProblem({ name, ready, state, lastState }: ContainerStatus, pod: string): PodProblem | undefined {
  const ended = state?.terminated ?? lastState?.terminated;
  if (ready || !ended || ended.exitCode === 0) return undefined;
  const how = ended.signal ? `by signal ${ended.signal}` : `with code ${ended.exitCode}`;
  const said = ended.message?.trim();
  const output = said
    ? `. Its last output: ${said}`
    : `; \`kubectl logs ${pod} -c ${name} --previous\` shows its output`;
  return { reason: "CrashLoop", message: `Container "${name}" of pod "${pod}" ended ${how}${output}` };
}
