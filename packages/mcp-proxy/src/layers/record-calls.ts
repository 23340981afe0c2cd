import { createHash } from "node:crypto";
import { isErrorResponse, isResponse } from "@moorage/mcp-messages";
import { type Answer, type Call, type Layer, methodOf } from "../call.ts";
import type { Log } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics.ts";
import { ProxyError } from "../proxy-error.ts";

/** Counts and times every call, refused ones too, and logs it: refusals as warnings, the rest for debugging. */
export function recordCalls(metrics: Metrics, log: Log): Layer {
  const recorder = new Recorder(metrics, log);
  return (next) => async (call) => {
    const start = performance.now();
    try {
      const answer = await next(call);
      recorder.answered(call, start, outcomeOf(answer));
      return answer;
    } catch (error) {
      recorder.failed(call, start, error);
      throw error;
    }
  };
}

class Recorder {
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #debugging: boolean;

  constructor(metrics: Metrics, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
    this.#debugging = log.isLevelEnabled("debug");
  }

  answered(call: Call, start: number, outcome: string): void {
    const seconds = this.#observe(call, start, outcome);
    if (this.#debugging) this.#log.debug(fieldsOf(call, outcome, seconds), "Answered");
  }

  failed(call: Call, start: number, error: unknown): void {
    const outcome = error instanceof ProxyError ? error.code : "Internal";
    const fields = fieldsOf(call, outcome, this.#observe(call, start, outcome));
    this.#log.warn({ ...fields, reason: error instanceof Error ? error.message : String(error) }, "Not answered");
  }

  #observe(call: Call, start: number, outcome: string): number {
    const seconds = (performance.now() - start) / 1000;
    this.#metrics.observe({ method: kindOf(call), tool: toolOf(call), outcome, seconds });
    return seconds;
  }
}

function fieldsOf(call: Call, outcome: string, seconds: number) {
  const milliseconds = Math.round(seconds * 1000);
  const session = sessionLabel(call.sessionID);
  return { session, requestID: call.requestID, method: kindOf(call), tool: toolOf(call), outcome, milliseconds };
}

function kindOf(call: Call): string {
  return methodOf(call) ?? (call.kind === "message" ? "response" : call.kind);
}

/** Tells sessions apart in a log without giving them away: whoever knows an id can use it. */
function sessionLabel(id: string | undefined): string | undefined {
  return id && createHash("sha256").update(id).digest("base64url").slice(0, 10);
}

/** The name of the tool that a call is for, as the client says it; undefined on everything but tools/call. */
export function toolOf(call: Call): string | undefined {
  if (call.kind !== "message") return undefined;
  const { message } = call.frame;
  if (!("method" in message) || message.method !== "tools/call") return undefined;
  const name = message.params?.["name"];
  return typeof name === "string" ? name : undefined;
}

function outcomeOf({ frame }: Answer): string {
  const message = frame?.message;
  return message && isResponse(message) && isErrorResponse(message) ? "error" : "ok";
}
