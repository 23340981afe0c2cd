import { setTimeout as sleep } from "node:timers/promises";
import type { LifecycleHandler } from "@moorage/kube-types/core-v1";
import { type ProbeTarget, runProbe } from "../probes/run-probe.ts";

/** A hook of no probe's length: it is bounded by the pod's grace, which ends the container under it. */
const hookTimeoutSeconds = 3600;

/** Runs a postStart or preStop hook. Returns why it failed, or `undefined` when it succeeded. */
export async function runHook(handler: LifecycleHandler, target: ProbeTarget): Promise<string | undefined> {
  if (handler.sleep) {
    await sleep(handler.sleep.seconds * 1000, undefined, { ref: false });
    return undefined;
  }
  const result = await runProbe({ ...handler, timeoutSeconds: hookTimeoutSeconds }, target);
  return result.ok ? undefined : result.message;
}
