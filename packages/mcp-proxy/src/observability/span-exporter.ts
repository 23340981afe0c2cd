import { readFile } from "node:fs/promises";
import { request } from "undici";
import type { Telemetry } from "../run-config/security-schema.ts";
import type { Log } from "./log.ts";
import type { TraceContext } from "./trace-context.ts";

const intervalMs = 2000;
const maximumSpans = 4096;
const timeoutMs = 10_000;
const kindServer = 2;
const statusError = 2;

export interface Span {
  readonly context: TraceContext;
  readonly parentSpanID: string | undefined;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, string | undefined>>;
  /** Why it failed. */
  readonly error: string | undefined;
}

/** Sends spans to an OpenTelemetry collector (OTLP over HTTP, JSON). What it cannot send it drops, and says so once. */
export class SpanExporter {
  readonly #config: Telemetry;
  readonly #service: string;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #spans: Span[] = [];
  #dropped = 0;
  #failing = false;

  constructor(config: Telemetry, service: string, log: Log) {
    this.#config = config;
    this.#service = service;
    this.#log = log;
    this.#timer = setInterval(() => void this.flush(), intervalMs);
    this.#timer.unref();
  }

  add(span: Span): void {
    if (this.#spans.length < maximumSpans) this.#spans.push(span);
    else this.#dropped += 1;
  }

  /** Never rejects. */
  async flush(): Promise<void> {
    const spans = this.#spans;
    if (spans.length === 0) return;
    this.#spans = [];
    const problem = await this.#send(spans).catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    );
    if (problem !== undefined) this.#dropped += spans.length;
    if (problem !== undefined && !this.#failing)
      this.#log.warn({ problem, dropped: this.#dropped }, "Cannot export spans; they are dropped");
    this.#failing = problem !== undefined;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  /** What went wrong, if anything. */
  async #send(spans: readonly Span[]): Promise<string | undefined> {
    const { otlpEndpoint, headersFrom = {} } = this.#config;
    const secrets = await Promise.all(
      Object.entries(headersFrom).map(
        async ([name, { file }]) => [name, (await readFile(file, "utf8")).trim()] as const,
      ),
    );
    const { statusCode, body } = await request(`${otlpEndpoint.replace(/\/$/, "")}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json", ...Object.fromEntries(secrets) },
      body: JSON.stringify(this.#document(spans)),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await body.dump();
    return statusCode < 300 ? undefined : `the collector answered with status ${statusCode}`;
  }

  #document(spans: readonly Span[]): unknown {
    const resource = {
      attributes: attributesOf({ "service.name": "moorage-proxy", "service.instance.id": this.#service }),
    };
    const scope = { name: "@moorage/mcp-proxy" };
    return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(encoded) }] }] };
  }
}

function encoded({ context, parentSpanID, name, start, end, attributes, error }: Span): unknown {
  return {
    traceId: context.traceID,
    spanId: context.spanID,
    ...(parentSpanID !== undefined && { parentSpanId: parentSpanID }),
    name,
    kind: kindServer,
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(end),
    attributes: attributesOf(attributes),
    ...(error !== undefined && { status: { code: statusError, message: error } }),
  };
}

function attributesOf(attributes: Readonly<Record<string, string | undefined>>): unknown[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: { stringValue: value } }],
  );
}

function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1000)) * 1000n);
}
