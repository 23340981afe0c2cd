import type { IncomingMessage, ServerResponse } from "node:http";
import type { ActivityReport } from "../activity.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { HandshakeFailure } from "../upstream/handshake.ts";
import type { ServerDescription } from "../upstream/server-description.ts";

/** What `GET /status` answers: all that an operator needs to know about the server behind the proxy. */
export interface ProxyStatus {
  /** Whether the last handshake with the server succeeded and the proxy is not stopping. */
  readonly ready: boolean;
  readonly upstream: ServerDescription | null;
  /** Why the server is not ready. */
  readonly error?: HandshakeFailure;
  /** SHA-256 of the bytes of the configuration file in use, in hexadecimal; only where there is a file. */
  readonly configHash?: string;
  /** Why a newer configuration file is not in use. */
  readonly configError?: string;
  readonly sessions: number;
  /** Server processes or upstream sessions that are open. */
  readonly processes: number;
  readonly activity: ActivityReport;
}

export interface ProbeSources {
  readonly metrics: Metrics;
  readonly status: () => ProxyStatus;
  /** Whether clients may be sent here: the server is up, or calls can wait for it. */
  readonly accepting: () => boolean;
}

/** Serves /healthz, /readyz, /status and /metrics. */
export async function serveProbes(
  request: IncomingMessage,
  response: ServerResponse,
  sources: ProbeSources,
): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://probes");
  if (request.method !== "GET" && request.method !== "HEAD")
    return answer(response, 405, { error: "Only GET is possible here" });
  switch (pathname) {
    case "/healthz":
      return answer(response, 200, { status: "ok" });
    case "/readyz": {
      const ready = sources.accepting();
      const { error } = sources.status();
      return answer(response, ready ? 200 : 503, { ready, ...(error && { error }) });
    }
    case "/status":
      return answer(response, 200, sources.status());
    case "/metrics": {
      const { contentType, body } = await sources.metrics.text();
      response.writeHead(200, { "content-type": contentType }).end(body);
      return;
    }
    default:
      return answer(response, 404, { error: `There is no ${pathname}: try /healthz, /readyz, /status or /metrics` });
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}
