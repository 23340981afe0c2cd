import { apiVersionOf } from "@moorage/kube-types";
import type { ApiCore } from "../registry/api-core.ts";
import { isStorageVersion } from "../registry/convert.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError } from "../status/api-error.ts";
import type { ApiObject } from "../store/api-object.ts";
import type { StoreEvent } from "../store/collection.ts";
import type { Entry } from "../store/entry.ts";
import { cloneJson, encodeJson } from "../store/json.ts";
import type { Exchange } from "./exchange.ts";
import { FrameStream } from "./fan-out.ts";
import { parseVersion, tooNew } from "./list.ts";
import type { Matcher } from "./selectors.ts";

/** How the objects of a watch are written. */
export interface WatchView {
  readonly contentType: string;
  /** Turns an object into what the client asked for (a table row, metadata only); absent for the object itself. */
  readonly transform?: (object: ApiObject) => unknown;
}

/** What to watch. */
export interface WatchRequest {
  readonly info: ResourceInfo;
  readonly namespace: string | undefined;
  readonly matches: Matcher | undefined;
  readonly view: WatchView;
}

type EventType = "ADDED" | "MODIFIED" | "DELETED";

const bookmarkIntervalMs = 60_000;
/** Before a watch ends its client learns how far it has come. */
const lastBookmarkMs = 2000;
const shortestDefaultSeconds = 1800;

/**
 * Streams changes until the client goes, the time is over or the client stops reading.
 *
 * Source: "Efficient detection of changes" and "Streaming lists" of the API concepts.
 * @throws ApiError before the stream has begun; later failures are `ERROR` events.
 */
export function startWatch(core: ApiCore, exchange: Exchange, request: WatchRequest): void {
  const { query } = exchange;
  const asked = watchedVersion(query);
  // Whatever is pending belongs before this watch, not into it.
  core.store.flush();
  const current = core.store.version;
  const stream = new WatchStream(core, exchange, request);
  const initialEvents = query.get("sendInitialEvents");
  const isFromAnywhere = asked === undefined || asked === 0;
  if (initialEvents === "true" || (initialEvents === null && isFromAnywhere)) {
    if (asked !== undefined && asked > current) throw tooNew(asked, current);
    stream.startWithState(current);
    return;
  }
  const from = isFromAnywhere ? current : asked;
  const missed = core.store.collection(request.info.storage).changesSince(from);
  if (missed) stream.startWithChanges(missed, Math.max(from, current));
  else stream.endWithError(tooOldVersion(from, current));
}

/** Upstream's watch code answers a version that is none as a failure of its own. */
function watchedVersion(query: URLSearchParams): number | undefined {
  const text = query.get("resourceVersion") ?? "";
  if (text === "" || /^\d{1,15}$/.test(text)) return parseVersion(text);
  const quoted = JSON.stringify(text);
  const message = `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
  throw new ApiError(500, "", message);
}

function tooOldVersion(asked: number, current: number): ApiError {
  return new ApiError(410, "Expired", `too old resource version: ${asked} (${current})`);
}

/** Events in their usual form are encoded once, however many watchers there are. */
const encoded = new WeakMap<Entry, Map<string, Buffer>>();

function encodeOnce(entry: Entry, type: EventType): Buffer {
  const frames = encoded.get(entry) ?? new Map<string, Buffer>();
  encoded.set(entry, frames);
  const frame = frames.get(type) ?? Buffer.from(`{"type":"${type}","object":${entry.json}}\n`);
  frames.set(type, frame);
  return frame;
}

class WatchStream {
  readonly #core: ApiCore;
  readonly #exchange: Exchange;
  readonly #request: WatchRequest;
  readonly #frames: FrameStream;
  #version = 0;
  /** Ends when every event taken so far is passed on. */
  #turn: Promise<void> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];
  #stopListening = () => {};

  constructor(core: ApiCore, exchange: Exchange, request: WatchRequest) {
    this.#core = core;
    this.#exchange = exchange;
    this.#request = request;
    this.#frames = new FrameStream(exchange.response);
  }

  /** First everything that is there, as `ADDED`, then what changes. */
  startWithState(version: number): void {
    this.#open(version);
    const { info, namespace, matches } = this.#request;
    for (const entry of this.#core.store.list(info.storage, namespace === undefined ? "" : `${namespace}/`)) {
      if (!matches || matches(this.#core.registry.read(info, entry))) this.#sendEntry("ADDED", entry);
    }
    if (this.#wantsBookmarks) this.#sendBookmark({ "k8s.io/initial-events-end": "true" });
  }

  startWithChanges(missed: readonly StoreEvent[], version: number): void {
    this.#open(version);
    for (const event of missed) this.#take(event);
  }

  /** An answer of one event: the client has to list again. */
  endWithError(error: ApiError): void {
    this.#writeHead();
    this.#exchange.response.end(`{"type":"ERROR","object":${encodeJson(error.status)}}\n`);
  }

  #writeHead(): void {
    this.#exchange.response.writeHead(200, {
      "content-type": this.#request.view.contentType,
      "cache-control": "no-cache, private",
    });
    this.#exchange.response.flushHeaders();
  }

  #open(version: number): void {
    this.#writeHead();
    this.#version = version;
    const { response, query } = this.#exchange;
    const { listeners } = this.#core.store.collection(this.#request.info.storage);
    const listener = (event: StoreEvent) => {
      if (event.version > version) this.#take(event);
    };
    listeners.add(listener);
    this.#stopListening = () => listeners.delete(listener);
    const asked = Number(query.get("timeoutSeconds") ?? 0);
    const seconds = asked > 0 ? asked : shortestDefaultSeconds * (1 + Math.random());
    this.#timers.push(setTimeout(() => this.#end(), Math.min(seconds * 1000, 2 ** 31 - 1)));
    if (this.#wantsBookmarks) {
      const mark = () => void this.#turn.then(() => this.#sendBookmark());
      this.#timers.push(setInterval(mark, bookmarkIntervalMs));
      const beforeEndMs = seconds * 1000 - lastBookmarkMs;
      if (beforeEndMs > 0) this.#timers.push(setTimeout(mark, Math.min(beforeEndMs, 2 ** 31 - 1)));
    }
    response.on("close", () => this.#stop());
  }

  get #wantsBookmarks(): boolean {
    const asked = this.#exchange.query.get("allowWatchBookmarks");
    return asked === "true" || asked === "1";
  }

  /** Passes an event on, in its turn where a webhook has to convert it first. */
  #take(event: StoreEvent): void {
    const { info } = this.#request;
    if (!info.custom?.conversion) {
      this.#onEvent(event);
      return;
    }
    this.#turn = this.#turn
      .then(() => this.#core.conversions.prepare(info, [event.entry, event.previous]))
      .then(() => this.#onEvent(event))
      .catch((error: unknown) => this.#breakOff(error));
  }

  /** A client that cannot be told of a change has to list again. */
  #breakOff(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    this.#frames.write(`{"type":"ERROR","object":${encodeJson(error.status)}}\n`);
    this.#end();
  }

  #onEvent(event: StoreEvent): void {
    const { namespace, info } = this.#request;
    if (namespace !== undefined && !event.entry.key.startsWith(`${namespace}/`)) return;
    this.#version = Math.max(this.#version, event.version);
    const type = this.#typeFor(event, info);
    if (!type) return;
    // What leaves the selection is shown as it was in it, under the version of the change.
    if (type === "DELETED" && event.type !== "DELETED" && event.previous) this.#sendLeft(event.previous, event.version);
    else this.#sendEntry(type, event.entry);
  }

  /** A change that brings an object into the selection, or out of it, adds or deletes it for this client. */
  #typeFor({ type, entry, previous }: StoreEvent, info: ResourceInfo): EventType | undefined {
    const { matches } = this.#request;
    if (!matches) return type;
    const read = (state: Entry) => this.#core.registry.read(info, state);
    const isIn = type !== "DELETED" && matches(read(entry));
    const wasIn = previous !== undefined && matches(read(previous));
    if (isIn) return wasIn ? "MODIFIED" : "ADDED";
    return wasIn ? "DELETED" : undefined;
  }

  #sendEntry(type: EventType, entry: Entry): void {
    const { info, view } = this.#request;
    if (!view.transform && isStorageVersion(info) && entry.object.apiVersion === info.storageApiVersion) {
      this.#frames.write(encodeOnce(entry, type));
      return;
    }
    this.#sendObject(type, this.#core.registry.read(info, entry));
  }

  #sendLeft(previous: Entry, version: number): void {
    const object = cloneJson(this.#core.registry.read(this.#request.info, previous));
    object.metadata.resourceVersion = String(version);
    this.#sendObject("DELETED", object);
  }

  #sendObject(type: EventType, object: ApiObject): void {
    const { view } = this.#request;
    this.#frames.write(`${encodeJson({ type, object: view.transform ? view.transform(object) : object })}\n`);
  }

  #sendBookmark(annotations?: Record<string, string>): void {
    // Nothing newer than what the collection has announced can be missing.
    const version = Math.max(this.#version, this.#core.store.announcedVersion);
    const { info } = this.#request;
    const metadata = {
      resourceVersion: String(version),
      ...(annotations ? { annotations } : {}),
    };
    this.#frames.write(
      `${encodeJson({ type: "BOOKMARK", object: { kind: info.kind, apiVersion: apiVersionOf(info), metadata } })}\n`,
    );
  }

  #end(): void {
    this.#stop();
    this.#frames.end();
  }

  #stop(): void {
    this.#stopListening();
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }
}
