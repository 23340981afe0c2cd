import type { KubeObject, ObservedCondition } from "@moorage/kube-types";
import { isRecord } from "./json.ts";

/** A happening worth telling the user. Told only when it differs from the last one told for that object. */
export interface OutcomeEvent {
  type: "Normal" | "Warning";
  /** A stable CamelCase word. */
  reason: string;
  message: string;
}

/** What a reconcile wants to be true, and what it saw. The runtime carries it out. */
export interface Outcome {
  /**
   * The whole desired set: each is applied where it differs, and children of the same owner that are not in it are
   * deleted. Absent: children are left exactly as they are. Owner reference, namespace and labels for tracking are
   * filled in; `metadata.name` must be given.
   */
  children?: readonly KubeObject[];
  /** All of `status` but `conditions` and `observedGeneration`. Fields left out are removed. */
  status?: Record<string, unknown>;
  /**
   * All conditions; `observedGeneration` and `lastTransitionTime` are added. Ones left out are removed.
   * With neither `status` nor conditions the status is left alone, for kinds that have none.
   */
  conditions: readonly ObservedCondition[];
  /** Come back after this long, if nothing changes before. */
  requeueAfterMs?: number;
  /** Besides the one that the runtime records when the reason of `Ready` changes. */
  events?: readonly OutcomeEvent[];
}

type Rest = Omit<Outcome, "children" | "conditions"> & { conditions?: readonly ObservedCondition[] };

/**
 * A complete reconcile: these children, and what was observed.
 *
 * @example
 * return desired([configMap(app), deployment(app)], { conditions: [ready("Running", "2 of 2 pods are ready")], status });
 */
export function desired(children: readonly KubeObject[], observed: Rest): Outcome {
  return { ...observed, children, conditions: observed.conditions ?? [] };
}

/**
 * Something that is expected to come is not there yet: `Ready` and `Progressing` say what. Children stay as they are.
 * A change of what it waits for must be watched, or `requeueAfterMs` given.
 */
export function waiting(reason: string, message: string, observed: Rest = {}): Outcome {
  return {
    ...observed,
    conditions: [notReady(reason, message), progressing(reason, message), ...(observed.conditions ?? [])],
  };
}

/** Only an edit by the user helps: `Ready` says which. Children stay as they are: the last good state serves on. */
export function invalid(reason: string, message: string, observed: Rest = {}): Outcome {
  return {
    ...observed,
    conditions: [
      notReady(reason, message),
      { type: "Progressing", status: "False", reason, message },
      ...(observed.conditions ?? []),
    ],
  };
}

/** `Ready=True`. */
export function ready(reason: string, message: string): ObservedCondition {
  return { type: "Ready", status: "True", reason, message };
}

/** `Ready=False`. */
export function notReady(reason: string, message: string): ObservedCondition {
  return { type: "Ready", status: "False", reason, message };
}

/** `Progressing=True`. */
export function progressing(reason: string, message: string): ObservedCondition {
  return { type: "Progressing", status: "True", reason, message };
}

/**
 * Thrown by `reconcile` or `finalize`: trying again will not help until something changes, so it is not retried.
 * Prefer `invalid()` where the user can do something about it.
 */
export class TerminalError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TerminalError";
  }
}

/** @throws TerminalError where types could not keep a controller from returning something else, such as nothing. */
export function checkedOutcome(controller: string, outcome: Outcome | undefined): Outcome {
  if (isRecord(outcome) && Array.isArray(outcome["conditions"])) return outcome;
  const said = outcome === undefined ? "nothing" : JSON.stringify(outcome).slice(0, 100);
  throw new TerminalError(
    `Cannot carry out what "reconcile" of controller "${controller}" returned: ${said}; return desired(), waiting(), invalid() or an object with "conditions"`,
  );
}
