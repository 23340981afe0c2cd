import { context, type Span, SpanStatusCode, trace } from "@opentelemetry/api";

/** What one pass is about. */
export interface TracedPass {
  readonly controller: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly reconcileID: string;
}

/**
 * Runs a pass in a span, for programs that have registered an OpenTelemetry SDK: requests that the SDK sees, such as
 * those of its undici instrumentation, are its children. Without an SDK nothing is recorded.
 */
export function tracePass(pass: TracedPass, action: (span: Span) => Promise<string>): Promise<void> {
  const attributes = {
    "moorage.controller": pass.controller,
    "moorage.reconcile.id": pass.reconcileID,
    "k8s.object.kind": pass.kind,
    "k8s.object.name": pass.name,
    "k8s.namespace.name": pass.namespace,
  };
  // Asked for each time: an SDK may be registered after the first pass.
  const span = trace.getTracer("@moorage/operator-runtime").startSpan("reconcile", { attributes });
  return context.with(trace.setSpan(context.active(), span), async () => {
    span.setAttribute("moorage.reconcile.result", await action(span));
    span.end();
  });
}

/** Marks a pass as failed. */
export function traceFailure(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
}
