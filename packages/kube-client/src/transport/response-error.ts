import type { Status } from "@moorage/kube-types";
import { isRecord } from "../config/fields.ts";
import { connectionFailed, KubeApiError, reasonOf } from "../kube-api-error.ts";
import { parseJson } from "../parse-json.ts";

/** An HTTP answer as far as errors need it. */
export interface Answer {
  statusCode: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
}

/** The error for an answer of 400 or more, whether its body is a Status or a load balancer's page. */
export function errorFromAnswer(attempt: string, answer: Answer): KubeApiError {
  const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], Date.now());
  const status = parseStatus(answer.text);
  if (status) return KubeApiError.fromStatus(attempt, { ...status, code: answer.statusCode }, retryAfterMs);
  const said = answer.text.trim().slice(0, 300);
  return new KubeApiError(`${attempt}: HTTP ${answer.statusCode}${said ? `: ${said}` : ""}`, {
    code: answer.statusCode,
    reason: reasonOf(answer.statusCode),
    retryAfterMs,
  });
}

/** The error for a call that got no answer, or only part of one. */
export function errorFromConnection(attempt: string, cause: unknown): KubeApiError {
  const said = cause instanceof Error ? causes(cause) : String(cause);
  return new KubeApiError(`${attempt}: ${said}`, { code: 0, reason: connectionFailed, cause });
}

/** undici wraps what the socket said; connecting to several addresses gives an AggregateError without a message. */
function causes(error: Error): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(String).join("; ");
  return error.cause instanceof Error ? `${error.message}: ${causes(error.cause)}` : error.message;
}

/**
 * `Retry-After` in milliseconds: seconds or an HTTP date.
 * Source: RFC 9110, section 10.2.3. Anything else counts as absent.
 */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function parseStatus(text: string): Status | undefined {
  const { value } = text.startsWith("{") ? parseJson(text) : { value: undefined };
  return isStatus(value) ? value : undefined;
}

/** Whether `value` is a `metav1.Status`. */
export function isStatus(value: unknown): value is Status {
  return isRecord(value) && value["kind"] === "Status" && value["apiVersion"] === "v1";
}
