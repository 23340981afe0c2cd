import { findCondition } from "@moorage/kube-types";
import { keysFreshMs } from "../references/cluster-keys.ts";
import type { Observation } from "./readiness.ts";
import type { Sleep } from "./sleep.ts";

const propagationMs = 2_000;
/** A server that is not ready is looked at after a tenth of the time it has not been, within these bounds. */
const soonestMs = 1_000;
const latestMs = 30_000;

/**
 * When to look again though no object changes: what a server waits for may be a handshake, a proxy that reads its
 * configuration, or a client. `undefined` when only objects matter.
 */
export function nextLookMs(observation: Observation, { phase, sleep }: { phase?: string | undefined; sleep: Sleep }) {
  const { server, configuration, serverPods, proxyPods, now } = observation;
  // Before a pod has an address there is nobody to ask, and its address is news.
  const someoneAnswers = [...serverPods, ...proxyPods].some(({ status }) => status?.podIP);
  const delays = [
    ...(phase !== "Running" && someoneAnswers ? [pollMs(server.status?.conditions, now)] : []),
    ...(configuration.outdated > 0 ? [propagationMs] : []),
    ...(sleep.recheckAfterMs !== undefined ? [sleep.recheckAfterMs] : []),
    ...(server.spec.oidcConfig?.type === "kubernetes" ? [keysFreshMs] : []),
  ];
  return delays.length === 0 ? undefined : Math.min(...delays);
}

function pollMs(conditions: Parameters<typeof findCondition>[0], now: Date): number {
  const since = Date.parse(findCondition(conditions, "Ready")?.lastTransitionTime ?? "");
  const waited = Number.isNaN(since) ? 0 : now.getTime() - since;
  return Math.min(Math.max(waited / 10, soonestMs), latestMs);
}
