import { isErrorResponse, isResponse, MetaKey, metaOf, withMeta } from "@moorage/mcp-messages";
import { type Answer, type Call, type Handler, type Layer, type MessageCall, methodOf, withMessage } from "../call.ts";
import type { SpanExporter } from "../observability/span-exporter.ts";
import { childOf, formatTraceparent, parseTraceparent, type TraceContext } from "../observability/trace-context.ts";
import { ProxyError } from "../proxy-error.ts";
import { toolOf } from "./record-calls.ts";

export interface Tracing {
  readonly exporter: SpanExporter | undefined;
  /** Share of the traces that begin here which are exported. */
  readonly ratio: number;
}

/**
 * Carries a trace from the client's `traceparent` (HTTP header, or `_meta`) to the server's `_meta`, with a span of our
 * own between where spans are exported. Names follow OpenTelemetry's conventions for MCP:
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/
 */
export function traceCalls({ exporter, ratio }: Tracing): Layer {
  return (next) => async (call) => {
    if (call.kind !== "message") return next(call);
    const given = traceparentOf(call);
    if (!exporter && given === undefined) return next(call);
    const parent = parseTraceparent(given);
    if (!exporter) return next(parent ? traced(call, parent) : call);
    return inSpan(new OpenSpan(exporter, childOf(parent, ratio), parent), call, next);
  };
}

async function inSpan(span: OpenSpan, call: MessageCall, next: Handler): Promise<Answer> {
  try {
    const answer = await next(traced(call, span.context));
    span.end(call, errorIn(answer));
    return answer;
  } catch (error) {
    span.end(call, error instanceof ProxyError ? error.code : "Internal");
    throw error;
  }
}

function traceparentOf({ frame: { message }, headers }: MessageCall): unknown {
  const own = "method" in message ? metaOf(message.params)[MetaKey.traceparent] : undefined;
  return own ?? headers["traceparent"];
}

class OpenSpan {
  readonly context: TraceContext;
  readonly #exporter: SpanExporter;
  readonly #parent: TraceContext | undefined;
  readonly #start = Date.now();

  constructor(exporter: SpanExporter, context: TraceContext, parent: TraceContext | undefined) {
    this.#exporter = exporter;
    this.context = context;
    this.#parent = parent;
  }

  end(call: Call, error: string | undefined): void {
    if (!this.context.sampled) return;
    const method = methodOf(call) ?? call.kind;
    const tool = toolOf(call);
    this.#exporter.add({
      context: this.context,
      parentSpanID: this.#parent?.spanID,
      name: tool === undefined ? method : `${method} ${tool}`,
      start: this.#start,
      end: Date.now(),
      error,
      attributes: {
        "mcp.method.name": method,
        "gen_ai.tool.name": tool,
        "mcp.protocol.version": call.headers["mcp-protocol-version"]?.toString(),
        "error.type": error,
        "moorage.request.id": call.requestID,
      },
    });
  }
}

function traced(call: MessageCall, context: TraceContext): MessageCall {
  const { message } = call.frame;
  if (!("method" in message)) return call;
  const meta = { ...metaOf(message.params), [MetaKey.traceparent]: formatTraceparent(context) };
  return withMessage(call, { ...message, params: withMeta(message.params, meta) });
}

function errorIn({ frame }: Answer): string | undefined {
  const message = frame?.message;
  return message && isResponse(message) && isErrorResponse(message) ? String(message.error.code) : undefined;
}
