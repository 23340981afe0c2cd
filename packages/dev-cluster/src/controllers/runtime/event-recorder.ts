import { type KubeObject, rfc3339Seconds } from "@moorage/kube-types";
import type { ObjectReference } from "@moorage/kube-types/core-v1";
import type { ClusterApi } from "../../cluster-api.ts";
import { attempt, isNotFound } from "./api-errors.ts";
import { CoreEvent } from "./core-event.ts";

/** One thing that happened to an object. */
export interface Occurrence {
  type?: "Normal" | "Warning";
  /** CamelCase, stable. */
  reason: string;
  message: string;
  /** Which part of `regarding`, for example `spec.containers{app}`. */
  fieldPath?: string;
}

/** How many different events are remembered for counting; beyond it the oldest start anew. */
const rememberedEvents = 4096;
/** Events of one object are limited as client-go's spam filter does: a burst of 25, then one per 5 minutes. */
const burst = 25;
const refillMs = 300_000;

/**
 * Writes Events as client-go's recorder does: a repeated one raises `count` instead of adding an object.
 *
 * *Guarantees*: never throws: an event is an aid for readers, no work may fail for it.
 */
export class EventRecorder {
  readonly #api: ClusterApi;
  readonly #component: string;
  readonly #host: string | undefined;
  readonly #now: () => Date;
  readonly #logError: (message: string, error: unknown) => void;
  readonly #names = new Map<string, string>();
  readonly #budgets = new Map<string, { left: number; sinceMs: number }>();
  #sequence = 0;

  constructor(
    api: ClusterApi,
    options: {
      component: string;
      host?: string;
      now: () => Date;
      logError: (message: string, error: unknown) => void;
    },
  ) {
    this.#api = api;
    this.#component = options.component;
    this.#host = options.host;
    this.#now = options.now;
    this.#logError = options.logError;
  }

  record(regarding: KubeObject, occurrence: Occurrence): void {
    if (!this.#takeBudget(regarding.metadata.uid ?? "")) return;
    const result = attempt(() => this.#write(regarding, occurrence));
    // A namespace that is going away refuses new objects; what else fails is worth a line in the log.
    if (result.ok || isRefusedByTermination(result.error)) return;
    this.#logError(`Cannot record event "${occurrence.reason}"`, result.error);
  }

  #write(regarding: KubeObject, occurrence: Occurrence): void {
    const identity = JSON.stringify([regarding.metadata.uid, occurrence]);
    const name = this.#names.get(identity);
    const namespace = regarding.metadata.namespace ?? "default";
    const previous = name === undefined ? undefined : this.#api.get(CoreEvent, { namespace, name });
    if (previous) this.#count(previous);
    else this.#remember(identity, this.#create(regarding, occurrence, namespace));
  }

  #count(previous: CoreEvent): void {
    const lastTimestamp = rfc3339Seconds(this.#now());
    this.#api.update(CoreEvent, { ...previous, count: previous.count + 1, lastTimestamp });
  }

  #create(regarding: KubeObject, { type = "Normal", reason, message, fieldPath }: Occurrence, namespace: string) {
    const now = this.#now();
    const time = rfc3339Seconds(now);
    const suffix = (BigInt(now.getTime()) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)).toString(16);
    return this.#api.create(CoreEvent, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${regarding.metadata.name}.${suffix}`, namespace },
      involvedObject: { ...referenceTo(regarding), ...(fieldPath !== undefined && { fieldPath }) },
      reason,
      // The API server's limit for a message is 1024 bytes.
      message: message.length > 1024 ? `${message.slice(0, 1000)} … (cut)` : message,
      type,
      source: { component: this.#component, ...(this.#host !== undefined && { host: this.#host }) },
      reportingComponent: this.#component,
      reportingInstance: this.#host ?? "",
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      eventTime: null,
    });
  }

  #remember(identity: string, event: CoreEvent): void {
    this.#names.delete(identity);
    this.#names.set(identity, event.metadata.name);
    if (this.#names.size <= rememberedEvents) return;
    const [oldest] = this.#names.keys();
    if (oldest !== undefined) this.#names.delete(oldest);
  }

  #takeBudget(uid: string): boolean {
    const nowMs = this.#now().getTime();
    const budget = this.#budgets.get(uid) ?? { left: burst, sinceMs: nowMs };
    const refilled = Math.floor((nowMs - budget.sinceMs) / refillMs);
    const left = Math.min(burst, budget.left + refilled);
    if (this.#budgets.size > rememberedEvents) this.#budgets.clear();
    this.#budgets.set(uid, { left: Math.max(0, left - 1), sinceMs: budget.sinceMs + refilled * refillMs });
    return left > 0;
  }
}

function referenceTo({ apiVersion, kind, metadata }: KubeObject): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
}

function isRefusedByTermination(error: unknown): boolean {
  return isNotFound(error) || (error instanceof Error && error.message.includes("is being terminated"));
}
