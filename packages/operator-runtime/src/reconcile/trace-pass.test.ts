import { type Attributes, INVALID_SPAN_CONTEXT, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { afterEach, expect, it } from "vitest";
import { traceFailure, tracePass } from "./trace-pass.ts";

/** What an OpenTelemetry SDK would export. */
class RecordedSpan implements Span {
  readonly attributes: Attributes = {};
  readonly exceptions: unknown[] = [];
  status: SpanStatusCode = SpanStatusCode.UNSET;
  ended = false;

  spanContext = () => INVALID_SPAN_CONTEXT;
  isRecording = () => !this.ended;
  addEvent = () => this;
  addLink = () => this;
  addLinks = () => this;
  updateName = () => this;
  setAttribute = (key: string, value: Attributes[string]) => this.setAttributes({ [key]: value });
  recordException = (exception: unknown) => void this.exceptions.push(exception);

  setAttributes(attributes: Attributes): this {
    Object.assign(this.attributes, attributes);
    return this;
  }

  setStatus({ code }: { code: SpanStatusCode }): this {
    this.status = code;
    return this;
  }

  end(): void {
    this.ended = true;
  }
}

const about = { controller: "shops", kind: "Shop", namespace: "default", name: "a", reconcileID: "1" };

/** Registers what an SDK would register. */
function recorded(): RecordedSpan[] {
  const spans: RecordedSpan[] = [];
  const startSpan = (_name: string, { attributes = {} }: { attributes?: Attributes } = {}) => {
    const span = new RecordedSpan().setAttributes(attributes);
    spans.push(span);
    return span;
  };
  const startActiveSpan = (): never => {
    throw new Error("The runtime starts no span in this way");
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan }) });
  return spans;
}

afterEach(() => trace.disable());

it("records a span for every pass, with what it is about and how it ended", async () => {
  const spans = recorded();
  await tracePass(about, async () => "success");
  expect(spans).toMatchObject([
    {
      ended: true,
      status: SpanStatusCode.UNSET,
      attributes: {
        "moorage.controller": "shops",
        "moorage.reconcile.id": "1",
        "moorage.reconcile.result": "success",
        "k8s.object.kind": "Shop",
        "k8s.namespace.name": "default",
        "k8s.object.name": "a",
      },
    },
  ]);
});

it("records why a pass failed", async () => {
  const spans = recorded();
  const error = new Error("no");
  await tracePass(about, async (span) => {
    traceFailure(span, error);
    return "error";
  });
  expect(spans).toMatchObject([{ ended: true, status: SpanStatusCode.ERROR, exceptions: [error] }]);
});

it("is nothing without an SDK", async () => {
  await expect(tracePass(about, async (span) => String(span.isRecording()))).resolves.toBeUndefined();
});
