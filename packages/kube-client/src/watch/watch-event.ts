import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { isRecord } from "../config/fields.ts";
import { decodeObject } from "../decode.ts";
import { KubeApiError, malformedResponse } from "../kube-api-error.ts";
import { parseJson } from "../parse-json.ts";
import { isStatus } from "../transport/response-error.ts";

/** A change of an object, or a bookmark: nothing happened up to its resourceVersion that has not been told. */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  object: T;
}

const types = new Set<unknown>(["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]);

/**
 * Decodes one line of a watch.
 *
 * @throws KubeApiError of the Status for an ERROR event, and with reason `MalformedResponse` for anything that is no
 * event: whoever skips such a line has lost a change without knowing which.
 */
export function parseWatchEvent<T extends KubeObject>(
  type: ResourceType<T>,
  line: string,
  attempt: string,
): WatchEvent<T> {
  const event = parseLine(line, attempt);
  const { type: kind, object } = event;
  if (kind === "ERROR" && isStatus(object)) throw KubeApiError.fromStatus(`Cannot ${attempt}`, object);
  if (!isEventType(kind)) throw malformed(attempt, `an event of type "${String(kind)}"`);
  const decoded = decodeObject(type, object, attempt);
  if (!decoded.metadata.resourceVersion) throw malformed(attempt, "an object without resourceVersion");
  return { type: kind, object: decoded };
}

/** Whether a bookmark says that all initial events have been sent (WatchList, KEP-3157). */
export function endsInitialEvents(event: WatchEvent): boolean {
  return event.type === "BOOKMARK" && event.object.metadata.annotations?.["k8s.io/initial-events-end"] === "true";
}

function isEventType(kind: unknown): kind is WatchEvent["type"] {
  return types.has(kind);
}

function parseLine(line: string, attempt: string): Record<string, unknown> {
  const { value, error } = parseJson(line);
  if (error) throw malformed(attempt, `a line that is no JSON: ${line.slice(0, 80)}`, error);
  if (!isRecord(value)) throw malformed(attempt, `a line that is no event: ${line.slice(0, 80)}`);
  return value;
}

function malformed(attempt: string, what: string, cause?: unknown): KubeApiError {
  return new KubeApiError(`Cannot ${attempt}: the server sent ${what}`, { code: 0, reason: malformedResponse, cause });
}
