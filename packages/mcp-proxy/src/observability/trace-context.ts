import { randomBytes } from "node:crypto";

/** One span's place in a trace: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceID: string;
  /** 16 hexadecimal digits. */
  readonly spanID: string;
  readonly sampled: boolean;
}

/** Reads a `traceparent`; undefined where it is malformed or of zeros. */
export function parseTraceparent(value: unknown): TraceContext | undefined {
  if (typeof value !== "string") return undefined;
  const [, version, traceID = "", spanID = "", flags = ""] =
    /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/.exec(value) ?? [];
  if (version === undefined || version === "ff" || /^0+$/.test(traceID) || /^0+$/.test(spanID)) return undefined;
  return { traceID, spanID, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent({ traceID, spanID, sampled }: TraceContext): string {
  return `00-${traceID}-${spanID}-${sampled ? "01" : "00"}`;
}

/** A span below `parent`, or the root of a new trace that is sampled with the probability `ratio`. */
export function childOf(parent: TraceContext | undefined, ratio: number): TraceContext {
  const spanID = randomBytes(8).toString("hex");
  if (parent) return { traceID: parent.traceID, spanID, sampled: parent.sampled };
  return { traceID: randomBytes(16).toString("hex"), spanID, sampled: Math.random() < ratio };
}
