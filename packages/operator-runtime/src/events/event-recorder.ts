import { type Client, isNotFound } from "@moorage/kube-client";
import type { KubeObject } from "@moorage/kube-types";
import { Event } from "@moorage/kube-types/events-v1";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { hashOf } from "../json.ts";
import { microTime } from "./micro-time.ts";

/** What is told about an object. */
export interface EventNote {
  type: "Normal" | "Warning";
  /** CamelCase, at most 128 characters. */
  reason: string;
  /** What was done when it happened: `Reconcile`, `Apply`, `Finalize`. */
  action: string;
  /** Cut to 1024 bytes, the API's limit. */
  message: string;
}

interface Series {
  event: Event;
  /** Times it happened. */
  count: number;
  /** The count that the server knows. */
  told: number;
  lastAt: number;
  /** An update is on its way. */
  updating: boolean;
}

/** The same thing within this time is one series, as in client-go. */
const seriesWindowMs = 6 * 60_000;
/** Series that are remembered, and so also the longest the line of unsent ones can get. */
const maxSeries = 1_000;
/** Between two updates of one series. */
const updateEveryMs = 10_000;

export interface EventRecorderOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  /** For example `moorage.dev/mcp-server`. */
  reportingController: string;
  /** Which replica; its host name. */
  reportingInstance: string;
}

/**
 * Writes `events.k8s.io/v1` Events.
 *
 * *Guarantees*: never blocks and never fails its caller; what repeats within 6 minutes is one Event with a growing
 * count, updated every 10 s at most; memory is bounded. *Caveats*: an event that cannot be written is logged and lost.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #series = new Map<string, Series>();
  readonly #unsent = new Set<Series>();
  #sending: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(regarding: KubeObject, note: EventNote): void {
    const now = this.#options.clock.now();
    const key = hashOf([regarding.metadata.uid, note]);
    const known = this.#series.get(key);
    if (known && now - known.lastAt < seriesWindowMs) {
      known.count += 1;
      known.lastAt = now;
      this.#scheduleUpdate(known);
      return;
    }
    const series = { event: this.#eventOf(regarding, note), count: 1, told: 0, lastAt: now, updating: false };
    this.#remember(key, series);
    this.#send(series);
  }

  /** Resolves when everything that is due has been sent. */
  async flushed(): Promise<void> {
    await this.#sending;
  }

  #scheduleUpdate(series: Series): void {
    if (series.updating) return;
    series.updating = true;
    this.#options.clock.schedule(updateEveryMs, () => {
      series.updating = false;
      this.#send(series);
    });
  }

  #remember(key: string, series: Series): void {
    // Map order is age: the oldest goes.
    this.#series.delete(key);
    this.#series.set(key, series);
    const oldest = this.#series.keys().next().value;
    if (this.#series.size > maxSeries && oldest !== undefined) this.#series.delete(oldest);
  }

  #send(series: Series): void {
    if (series.told === series.count || this.#unsent.size >= maxSeries) return;
    this.#unsent.add(series);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  async #sendAll(): Promise<void> {
    for (const series of this.#unsent) {
      this.#unsent.delete(series);
      await this.#write(series).catch((error: unknown) => {
        this.#options.log.warn({ err: error, reason: series.event.reason }, "Cannot record event");
      });
    }
  }

  async #write(series: Series): Promise<void> {
    const { client } = this.#options;
    const { count, event } = series;
    if (series.told > 0) {
      const patch = { series: { count, lastObservedTime: microTime(series.lastAt) } };
      const patched = await client
        .patch(Event, event.metadata, patch, { patchType: "merge" })
        .catch((error: unknown) => {
          // Events expire after an hour: then the series starts anew.
          if (!isNotFound(error)) throw error;
          return undefined;
        });
      if (patched) {
        series.told = count;
        return;
      }
    }
    await client.create(Event, event);
    series.told = count;
  }

  #eventOf(regarding: KubeObject, note: EventNote): Event {
    const { reportingController, reportingInstance, clock } = this.#options;
    const { name, namespace, uid, resourceVersion } = regarding.metadata;
    const now = clock.now();
    return {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { namespace: namespace ?? "default", name: eventName(name, now) },
      eventTime: microTime(now),
      reportingController,
      reportingInstance,
      action: note.action,
      reason: note.reason.slice(0, 128),
      type: note.type,
      note: cutToBytes(note.message, 1024),
      regarding: {
        apiVersion: regarding.apiVersion,
        kind: regarding.kind,
        name,
        ...(namespace && { namespace }),
        ...(uid && { uid }),
        ...(resourceVersion && { resourceVersion }),
      },
    };
  }
}

let eventNumber = 0;

/** Unique in this process and, by the time in it, across replicas as far as that matters; within 253 characters. */
function eventName(name: string, now: number): string {
  eventNumber += 1;
  return `${name.slice(0, 220)}.${now.toString(16)}${(eventNumber % 0x10000).toString(16).padStart(4, "0")}`;
}

function cutToBytes(text: string, bytes: number): string {
  const buffer = Buffer.from(text, "utf8");
  if (buffer.length <= bytes) return text;
  // A sequence that the cut broke decodes to U+FFFD.
  return `${buffer
    .subarray(0, bytes - 3)
    .toString("utf8")
    .replace(/\uFFFD+$/, "")}…`;
}
