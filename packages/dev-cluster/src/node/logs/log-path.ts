import { join } from "node:path";
import type { Pod } from "@moorage/kube-types/core-v1";

/** The folder of all logs of a pod; its last part is the pod's uid. */
export function logFolder(stateDir: string, { metadata: { namespace, name, uid } }: Pod): string {
  return join(stateDir, "logs", `${namespace}_${name}_${uid}`);
}

/** The log of one run of a container; the first run has the restart count 0. */
export function logPathOf(
  stateDir: string,
  pod: Pod,
  { container, restartCount }: { container: string; restartCount: number },
): string {
  return join(logFolder(stateDir, pod), container, `${restartCount}.log`);
}
