import type { Pod, Service } from "@moorage/kube-types/core-v1";
import { handshake, type ProxyStatus } from "@moorage/mcp-proxy";
import type { MCPServerStatus } from "@moorage/resources";
import type { Model } from "./model.ts";
import { proxyProbePort } from "./names.ts";
import { fetchProxyStatus } from "./proxy-status.ts";

/** What came of speaking MCP to the server: what it said of itself, or why it did not answer. */
export type Answer =
  | { ok: true; serverInfo: NonNullable<MCPServerStatus["serverInfo"]> }
  | { ok: false; reason: string; message: string };

const timeoutMs = 5_000;

/** Asks the proxy, which has done the handshake itself before it became ready. */
export async function askProxy(pods: readonly Pod[], signal: AbortSignal): Promise<Answer> {
  const address = addressOf(pods);
  if (!address) return { ok: false, reason: "ProxyStarting", message: "No proxy pod has an address yet" };
  const url = `http://${address}:${proxyProbePort}/status`;
  try {
    return answerOf(await fetchProxyStatus(url, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])));
  } catch (cause) {
    // Not an error here: a proxy that has just been started does not listen yet.
    return {
      ok: false,
      reason: "ProxyStarting",
      message: `The proxy does not answer at ${url} yet: ${reasonOf(cause)}`,
    };
  }
}

/** Speaks to a server that clients reach directly. */
export async function askServer(model: Model, service: Service | undefined, signal: AbortSignal): Promise<Answer> {
  const address = service?.spec.clusterIP;
  if (!address || model.transport === "stdio") {
    return { ok: false, reason: "ServiceStarting", message: "The Service has no address yet" };
  }
  const url = `http://${address}:${model.servicePort}${model.path}`;
  const result = await handshake({ transport: model.transport, url }, { signal, timeoutMs });
  if (!result.ok) return { ok: false, reason: result.error.reason, message: result.error.message };
  return answerOf({ ready: true, upstream: result.upstream });
}

/** Prefers a pod that is ready: during a roll-out the others are still starting. */
function addressOf(pods: readonly Pod[]): string | undefined {
  const alive = pods.filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.podIP);
  const ready = alive.find(({ status }) =>
    status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
  );
  return (ready ?? alive[0])?.status?.podIP;
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
