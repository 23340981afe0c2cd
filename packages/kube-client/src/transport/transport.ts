import { setTimeout as sleep } from "node:timers/promises";
import { type Dispatcher, request as send } from "undici";
import type { ClusterConfig } from "../config/cluster-config.ts";
import { Credentials } from "../config/credentials.ts";
import { isUnauthorized, KubeApiError, malformedResponse } from "../kube-api-error.ts";
import { type ApiRequest, queryString } from "./api-request.ts";
import { isCertificateProblem } from "./certificate-problem.ts";
import { Connections, type Lane } from "./connections.ts";
import { Deadline } from "./deadline.ts";
import type { LocalServer } from "./local-server.ts";
import { type Answer, errorFromAnswer, errorFromConnection } from "./response-error.ts";
import { retryDelayMs } from "./retry.ts";
import { type Throttle, TokenBucket } from "./token-bucket.ts";

const defaultTimeoutMs = 60_000;
/** Answers beyond this are refused; page the list. */
const maxAnswerBytes = 256 * 1024 * 1024;
/** A stream's headers come at once; its body may be silent for as long as it likes. */
const streamHeadersTimeoutMs = 30_000;

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
  readonly #base: string;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#credentials = new Credentials(options.cluster);
    this.#connections = new Connections(options.cluster.proxyUrl, options.localServer);
    this.#bucket = options.throttle && new TokenBucket(options.throttle);
    this.#base = options.cluster.server.replace(/\/+$/, "");
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
    const response = await this.#send("streams", request, {
      signal: request.signal,
      headersTimeout: streamHeadersTimeoutMs,
      bodyTimeout: 0,
    });
    if (response.statusCode < 400) return response;
    const error = errorFromAnswer(`Cannot ${request.attempt}`, await readAnswer(request, response));
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
    const response = await this.#send("unary", request, { signal });
    const answer = await readAnswer(request, response);
    if (answer.statusCode >= 400) throw errorFromAnswer(`Cannot ${request.attempt}`, answer);
    return answer.text;
  }

  async #send(lane: Lane, request: ApiRequest, options: Partial<Dispatcher.RequestOptions>) {
    await this.#bucket?.take(request.signal);
    const [tls, auth] = await Promise.all([this.#credentials.tls(), this.#credentials.headers()]);
    const dispatcher = this.#connections.get(lane, tls);
    if (request.method !== "GET" && request.method !== "HEAD") this.#options.beforeWrite?.();
    const started = performance.now();
    const observe = (code: number) => {
      const { method, path } = request;
      this.#options.onRequest?.({ method, path, code, durationMs: performance.now() - started });
    };
    const response = await send(`${this.#base}${request.path}${queryString(request.query)}`, {
      dispatcher,
      method: request.method,
      headers: { ...this.#headers(request), ...auth },
      ...(request.body !== undefined && { body: bodyOf(request) }),
      ...options,
    }).catch((error: unknown) => {
      observe(0);
      if (isCertificateProblem(error)) this.#credentials.invalidate();
      request.signal?.throwIfAborted();
      throw errorFromConnection(`Cannot ${request.attempt}`, error);
    });
    observe(response.statusCode);
    return response;
  }

  #headers(request: ApiRequest): Record<string, string> {
    return {
      accept: request.accept ?? "application/json",
      "user-agent": this.#options.userAgent,
      ...(request.body !== undefined && { "content-type": request.contentType ?? "application/json" }),
    };
  }
}

function bodyOf(request: ApiRequest): string {
  return typeof request.body === "string" ? request.body : JSON.stringify(request.body);
}

async function readAnswer(request: ApiRequest, response: Dispatcher.ResponseData): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) throw tooLarge(request);
    }
  } catch (error) {
    request.signal?.throwIfAborted();
    throw error instanceof KubeApiError ? error : errorFromConnection(`Cannot ${request.attempt}`, error);
  }
  return {
    statusCode: response.statusCode,
    headers: response.headers,
    text: Buffer.concat(chunks, bytes).toString("utf8"),
  };
}

function tooLarge(request: ApiRequest): KubeApiError {
  const message = `Cannot ${request.attempt}: the answer is larger than ${maxAnswerBytes} bytes; use a limit`;
  return new KubeApiError(message, { code: 0, reason: malformedResponse });
}
