import type { ResourceRequirements } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";

type Transport = MCPServer["spec"]["transport"];

/** What a server is given where `spec.resources` does not say. The schema's descriptions state these figures. */
const perTransport: Record<Transport, { cpu: string; sessions: number; requestMi: number; limitMi: number }> = {
  // A process for each session.
  stdio: { cpu: "50m", sessions: 2, requestMi: 64, limitMi: 128 },
  // An open stream for each session.
  sse: { cpu: "50m", sessions: 64, requestMi: 2, limitMi: 4 },
  "streamable-http": { cpu: "100m", sessions: 64, requestMi: 1, limitMi: 2 },
};
const baseMi = { request: 64, limit: 256 };

/**
 * Compute resources of the server's container: the spec's own, quantity by quantity, over defaults that follow the
 * transport, the expected sessions and the compute profile.
 */
export function serverResources({ spec }: MCPServer): ResourceRequirements {
  const { cpu, sessions, requestMi, limitMi } = perTransport[spec.transport];
  const count = spec.expectedSessions ?? sessions;
  const intensive = spec.computeProfile === "intensive";
  const requests = { cpu: intensive ? "500m" : cpu, memory: `${baseMi.request + count * requestMi}Mi` };
  const limits = { cpu: intensive ? "4" : "1", memory: `${baseMi.limit + count * limitMi}Mi` };
  const asked = spec.resources;
  return {
    ...asked,
    // A request of the user's own above our limit would be refused: then it has no limit but the user's.
    limits: { ...without(limits, asked?.requests), ...asked?.limits },
    requests: { ...without(requests, asked?.limits), ...asked?.requests },
  };
}

/** Defaults for what the user has said nothing of, on either side. */
function without<T extends Record<string, string>>(
  defaults: T,
  asked: Record<string, unknown> | undefined,
): Partial<T> {
  const rest: Partial<T> = { ...defaults };
  for (const name of Object.keys(asked ?? {})) delete rest[name];
  return rest;
}
