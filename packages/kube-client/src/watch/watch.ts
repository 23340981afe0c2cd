import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { Selection } from "../call-options.ts";
import type { Client } from "../client.ts";
import { connectionFailed, KubeApiError, malformedResponse } from "../kube-api-error.ts";
import { describeObject, resourcePath } from "../resource-path.ts";
import { lineBatches } from "./lines.ts";
import { parseWatchEvent, type WatchEvent } from "./watch-event.ts";
import { Watchdog } from "./watchdog.ts";

export interface WatchOptions extends Selection {
  /** Changes after this version are told. Absent with `sendInitialEvents`: everything there is comes first. */
  resourceVersion?: string | undefined;
  /** Send what exists as ADDED events, then a bookmark that says so (WatchList, KEP-3157). */
  sendInitialEvents?: boolean | undefined;
  metadataOnly?: boolean | undefined;
  /** The server ends the watch after this. */
  timeoutSeconds: number;
  /** The longest silence before the connection counts as dead, in milliseconds; asked again after every event. */
  silenceLimitMs(): number;
  signal: AbortSignal;
}

/**
 * One watch request: batches of events, as they arrive, until the server ends it.
 *
 * *Guarantees*: events of a batch are in order; the connection is closed when the consumer stops iterating.
 * @throws KubeApiError when the server refuses, breaks off, sends an ERROR event or a line that is no event.
 */
export async function* watch<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>[]> {
  const attempt = `watch ${describeObject(type, { namespace: options.namespace })}`;
  const dog = new Watchdog(options.signal, options.silenceLimitMs());
  try {
    const response = await client.stream({ ...request(type, options), attempt, signal: dog.signal });
    dog.fed();
    for await (const lines of lineBatches(response.body)) {
      dog.fed();
      yield* decodeBatch(type, lines, attempt);
      dog.limit(options.silenceLimitMs());
    }
  } catch (error) {
    options.signal.throwIfAborted();
    throw asApiError(error, attempt);
  } finally {
    dog.stop();
  }
}

/** Decodes up to the first bad line, so that what came before it is not lost. */
function* decodeBatch<T extends KubeObject>(
  type: ResourceType<T>,
  lines: readonly string[],
  attempt: string,
): Generator<WatchEvent<T>[]> {
  const events: WatchEvent<T>[] = [];
  try {
    for (const line of lines) events.push(parseWatchEvent(type, line, attempt));
  } finally {
    if (events.length > 0) yield events;
  }
}

function request(type: ResourceType, options: WatchOptions) {
  const { namespace, labelSelector, fieldSelector, resourceVersion, sendInitialEvents, timeoutSeconds } = options;
  return {
    method: "GET" as const,
    path: resourcePath(type, { namespace }),
    accept: options.metadataOnly ? "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" : "application/json",
    query: {
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds,
      labelSelector,
      fieldSelector,
      resourceVersion,
      ...(sendInitialEvents && { sendInitialEvents, resourceVersionMatch: "NotOlderThan" }),
    },
  };
}

function asApiError(error: unknown, attempt: string): KubeApiError {
  if (error instanceof KubeApiError) return error;
  const reason = error instanceof RangeError ? malformedResponse : connectionFailed;
  const said = error instanceof Error ? error.message : String(error);
  return new KubeApiError(`Cannot ${attempt}: ${said}`, { code: 0, reason, cause: error });
}
