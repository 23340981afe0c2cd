import type { Pod, Service } from "@moorage/kube-types/core-v1";
import { handshake, type ProxyStatus } from "@moorage/mcp-proxy";
import type { MCPServerStatus } from "@moorage/resources";
import type { Model } from "../model.ts";
import { proxyProbePort } from "../names.ts";
import { fetchProxyStatus } from "./proxy-status.ts";

/** What came of speaking MCP to the server: what it said of itself, or why it did not answer. */
export type Answer =
  | { ok: true; serverInfo: NonNullable<MCPServerStatus["serverInfo"]> }
  | { ok: false; reason: string; message: string; unreachable?: true };

/** What the proxies say: of the server, and of themselves. */
export interface ProxyAnswers {
  answer: Answer;
  statuses: readonly ProxyStatus[];
}

const timeoutMs = 5_000;
/** Enough to tell how all of them are; more would make a large Deployment expensive to look at. */
const maximumAsked = 16;

/** Asks the proxies, which have done the handshake themselves before they became ready. */
export async function askProxies(pods: readonly Pod[], signal: AbortSignal): Promise<ProxyAnswers> {
  const addresses = addressesOf(pods).slice(0, maximumAsked);
  const asked = await Promise.all(addresses.map((address) => askProxy(address, signal)));
  const statuses = asked.flatMap((one) => ("status" in one ? [one.status] : []));
  const best = statuses.find(({ ready }) => ready) ?? statuses[0];
  if (best) return { answer: answerOf(best), statuses };
  const [first] = asked;
  const why = first && "why" in first ? first.why : "No proxy pod has an address yet";
  return { answer: { ok: false, reason: "ProxyStarting", message: why, unreachable: true }, statuses };
}

async function askProxy(address: string, signal: AbortSignal): Promise<{ status: ProxyStatus } | { why: string }> {
  const url = `http://${address}:${proxyProbePort}/status`;
  try {
    return { status: await fetchProxyStatus(url, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])) };
  } catch (cause) {
    // Not an error here: a proxy that has just been started does not listen yet.
    return { why: `The proxy does not answer at ${url} yet: ${reasonOf(cause)}` };
  }
}

/** Speaks to a server that clients reach directly. */
export async function askServer(model: Model, service: Service | undefined, signal: AbortSignal): Promise<Answer> {
  const address = service?.spec.clusterIP;
  if (!address || model.transport === "stdio") {
    return { ok: false, reason: "ServiceStarting", message: "The Service has no address yet", unreachable: true };
  }
  const url = `http://${address}:${model.servicePort}${model.path}`;
  const result = await handshake({ transport: model.transport, url }, { signal, timeoutMs });
  if (!result.ok) return { ok: false, reason: result.error.reason, message: result.error.message };
  return answerOf({ ready: true, upstream: result.upstream });
}

/** Of pods that live, ready ones first: during a roll-out the others are still starting. */
function addressesOf(pods: readonly Pod[]): string[] {
  const alive = pods.filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.podIP);
  return [...alive.filter(isReady), ...alive.filter((pod) => !isReady(pod))].flatMap(
    ({ status }) => status?.podIP ?? [],
  );
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

function answerOf({ ready, upstream, error }: Pick<ProxyStatus, "ready" | "upstream" | "error">): Answer {
  if (!ready || !upstream) {
    const { reason, message } = error ?? {
      reason: "HandshakePending",
      message: "The proxy has not reached the server yet",
    };
    return { ok: false, reason, message };
  }
  const { serverInfo, protocolVersion, tools } = upstream;
  return {
    ok: true,
    serverInfo: {
      name: serverInfo.name,
      version: serverInfo.version,
      ...(serverInfo.title && { title: serverInfo.title }),
      protocolVersion,
      ...(tools !== undefined && { tools }),
    },
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
