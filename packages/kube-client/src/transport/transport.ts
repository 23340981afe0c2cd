import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import type { ClusterConfig } from "../config/cluster-config.ts";
import { Credentials } from "../config/credentials.ts";
import { isUnauthorized, KubeApiError } from "../kube-api-error.ts";
import { type ApiRequest, queryString } from "./api-request.ts";
import { isCertificateProblem } from "./certificate-problem.ts";
import { Connections, type Lane } from "./connections.ts";
import { Deadline } from "./deadline.ts";
import type { LocalServer } from "./local-server.ts";
import { errorFromAnswer, errorFromConnection } from "./response-error.ts";
import { retryDelayMs } from "./retry.ts";
import { type Throttle, TokenBucket } from "./token-bucket.ts";
import { readWhole } from "./whole-answer.ts";

const defaultTimeoutMs = 60_000;
/** A stream's headers come at once; its body may be silent for as long as it likes. */
const streamHeadersTimeoutMs = 30_000;
/** Of why a stream is refused, no more is read. */
const maxRefusalLength = 1024 * 1024;

/** What a finished request looked like, for metrics. */
export interface Observation {
  method: string;
  path: string;
  /** HTTP status; 0 without an answer. */
  code: number;
  durationMs: number;
}

export interface TransportOptions {
  cluster: ClusterConfig;
  userAgent: string;
  throttle?: Throttle | undefined;
  /** Called after every HTTP request, retries included. */
  onRequest?: ((observation: Observation) => void) | undefined;
  localServer?: LocalServer | undefined;
  /** Asked right before a write goes out; throws to keep it from going (leader fencing). */
  beforeWrite?: (() => void) | undefined;
}

/** Sends requests to one API server: credentials, connections, throttling, retries, errors. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #credentials: Credentials;
  readonly #connections: Connections;
  readonly #bucket: TokenBucket | undefined;
  readonly #origin: string;
  /** What the API's paths stand behind, such as `/k8s/clusters/c-1`. */
  readonly #prefix: string;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#credentials = new Credentials(options.cluster);
    this.#connections = new Connections(options.cluster.proxyUrl, options.localServer);
    this.#bucket = options.throttle && new TokenBucket(options.throttle);
    const { origin, pathname } = new URL(options.cluster.server);
    this.#origin = origin;
    this.#prefix = pathname.replace(/\/+$/, "");
  }

  /**
   * Sends a request and reads the whole answer. Tries again as `retryDelayMs` says, and once after a 401 where
   * the credentials can be renewed.
   * @throws KubeApiError; the signal's reason when the caller aborts.
   */
  async call(request: ApiRequest): Promise<string> {
    const deadline = new Deadline(request.timeoutMs ?? defaultTimeoutMs, request.signal);
    return this.#untilDone(request, deadline).finally(() => deadline.end());
  }

  /**
   * Opens a stream (a watch, a log): resolves when the headers are there.
   * The body ends when the server ends it; breaking off is the caller's business, by the signal.
   */
  async stream(request: ApiRequest & { signal: AbortSignal }): Promise<Dispatcher.ResponseData> {
    const { dispatcher, options, observe } = await this.#prepare("streams", request);
    const { signal } = request;
    const streaming = { ...options, signal, headersTimeout: streamHeadersTimeoutMs, bodyTimeout: 0 };
    const response = await dispatcher.request(streaming).catch((error: unknown) => {
      observe(0);
      throw this.#unanswered(request, error);
    });
    observe(response.statusCode);
    if (response.statusCode < 400) return response;
    const { statusCode, headers, body } = response;
    const text = await readRefusal(body).catch((error: unknown) => {
      throw this.#unanswered(request, error);
    });
    const error = errorFromAnswer(`Cannot ${request.attempt}`, { statusCode, headers, text });
    if (isUnauthorized(error)) this.#credentials.invalidate();
    throw error;
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #untilDone(request: ApiRequest, deadline: Deadline): Promise<string> {
    const { signal } = deadline;
    const idempotent = request.idempotent ?? ["GET", "HEAD", "DELETE"].includes(request.method);
    for (let number = 1; ; number++) {
      const failure = await this.#once(request, signal).catch((error: unknown) => ({ error }));
      if (typeof failure === "string") return failure;
      request.signal?.throwIfAborted();
      const delayMs = this.#delayMs(failure.error, { number, idempotent });
      if (delayMs === undefined || deadline.passed) throw failure.error;
      await sleep(delayMs, undefined, { signal }).catch(() => {
        request.signal?.throwIfAborted();
        throw failure.error;
      });
    }
  }

  #delayMs(error: unknown, attempt: { number: number; idempotent: boolean }): number | undefined {
    if (isUnauthorized(error)) {
      this.#credentials.invalidate();
      return attempt.number === 1 && this.#credentials.renewable ? 0 : undefined;
    }
    return retryDelayMs(error, attempt);
  }

  async #once(request: ApiRequest, signal: AbortSignal): Promise<string> {
    const { dispatcher, options, observe } = await this.#prepare("unary", request);
    const { attempt } = request;
    let started = false;
    const onStart = (code: number) => {
      started = true;
      observe(code);
    };
    const answer = await readWhole(dispatcher, options, { attempt, signal, onStart }).catch((error: unknown) => {
      if (!started) observe(0);
      throw this.#unanswered(request, error);
    });
    if (answer.statusCode >= 400) throw errorFromAnswer(`Cannot ${attempt}`, answer);
    return answer.text;
  }

  /** Waits for its turn and the credentials. */
  async #prepare(lane: Lane, request: ApiRequest) {
    await this.#bucket?.take(request.signal);
    const [tls, auth] = await Promise.all([this.#credentials.tls(), this.#credentials.headers()]);
    const dispatcher = this.#connections.get(lane, tls);
    const { method, path, body } = request;
    if (method !== "GET" && method !== "HEAD") this.#options.beforeWrite?.();
    const started = performance.now();
    const observe = (code: number) => {
      this.#options.onRequest?.({ method, path, code, durationMs: performance.now() - started });
    };
    const options: Dispatcher.DispatchOptions = {
      origin: this.#origin,
      path: `${this.#prefix}${path}${queryString(request.query)}`,
      method,
      headers: { ...this.#headers(request), ...auth },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    };
    return { dispatcher, options, observe };
  }

  /** The error for a request without a whole answer. @throws the reason of the caller's signal, where it aborted. */
  #unanswered(request: ApiRequest, error: unknown): KubeApiError {
    if (isCertificateProblem(error)) this.#credentials.invalidate();
    request.signal?.throwIfAborted();
    return error instanceof KubeApiError ? error : errorFromConnection(`Cannot ${request.attempt}`, error);
  }

  #headers(request: ApiRequest): Record<string, string> {
    return {
      accept: request.accept ?? "application/json",
      "user-agent": this.#options.userAgent,
      ...(request.body !== undefined && { "content-type": request.contentType ?? "application/json" }),
    };
  }
}

async function readRefusal(body: Readable): Promise<string> {
  let text = "";
  for await (const chunk of body.setEncoding("utf8")) {
    text += chunk;
    if (text.length > maxRefusalLength) break;
  }
  return text;
}
