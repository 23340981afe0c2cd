import type { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import type { Pod } from "@moorage/kube-types/core-v1";
import type { ProxyStatus } from "@moorage/mcp-proxy";
import type { MCPServer } from "@moorage/resources";

/** Whether the server's pods are to be stopped for want of clients, and when that may change without an event. */
export interface Sleep {
  asleep: boolean;
  recheckAfterMs?: number;
}

/** While it sleeps nothing but the proxies knows of a client that waits. */
const asleepPollMs = 1_000;

/**
 * Decides by what the proxies say of their clients. A server sleeps when every proxy has no session open that would
 * lose its state, and has been without a request for `idleSeconds`, and its pods have been there for so long; it wakes with the first request that a proxy holds.
 */
export function sleepOf(
  { spec, status }: MCPServer,
  seen: {
    workload: StatefulSet | Deployment | undefined;
    serverPods: readonly Pod[];
    proxies: readonly ProxyStatus[];
    now: Date;
  },
): Sleep {
  const { scaleToZero } = spec;
  if (!scaleToZero || spec.replicas === 0) return { asleep: false };
  const activities = seen.proxies.map(({ activity }) => activity);
  if (seen.workload?.spec.replicas === 0) {
    const wanted = activities.some(({ held, inFlight }) => held + inFlight > 0);
    return wanted ? { asleep: false } : { asleep: true, recheckAfterMs: asleepPollMs };
  }
  const { idleSeconds } = scaleToZero;
  const busy = activities.some(({ held, inFlight, sessions }) => held + inFlight + sessions > 0);
  if (busy || activities.length === 0 || status?.phase !== "Running") {
    return { asleep: false, recheckAfterMs: Math.min(idleSeconds, 10) * 1000 };
  }
  const youngest = Math.min(...seen.serverPods.map((pod) => ageSeconds(pod, seen.now)));
  const idle = Math.min(youngest, ...activities.map(({ lastRequestSecondsAgo }) => lastRequestSecondsAgo ?? youngest));
  if (idle >= idleSeconds) return { asleep: true, recheckAfterMs: asleepPollMs };
  return { asleep: false, recheckAfterMs: Math.max(1, idleSeconds - idle) * 1000 };
}

function ageSeconds({ metadata }: Pod, now: Date): number {
  const created = Date.parse(metadata.creationTimestamp ?? "");
  return Number.isNaN(created) ? 0 : (now.getTime() - created) / 1000;
}
