import type { FieldError } from "../status/api-error.ts";
import type { ApiObject } from "../store/api-object.ts";
import type { Rule } from "./name-rules.ts";
import type { ResourceInfo } from "./resource-info.ts";

/** Who makes a request. */
export interface Caller {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/**
 * What is special about one kind. Everything is optional: the registry does what all kinds share.
 * Objects are in the version of the request; functions change them in place.
 */
export interface Strategy {
  /** The rule for names; by default a DNS subdomain. */
  readonly nameRule?: Rule;
  /** Whether `metadata.generation` counts the changes outside metadata and status. */
  readonly generation?: boolean;
  /** Whether `PUT` to a name that does not exist creates it. */
  readonly createOnUpdate?: boolean;
  /** Whether an update must name the version that it replaces. */
  readonly unconditionalUpdate?: false;
  /** Fills the defaults that every reader may count on. */
  readonly defaults?: (object: ApiObject) => void;
  /** After defaulting and before validation of a new object. */
  readonly prepareCreate?: (object: ApiObject, caller: Caller) => void;
  readonly prepareUpdate?: (object: ApiObject, old: ApiObject) => void;
  readonly validate?: (object: ApiObject) => FieldError[];
  /** Besides `validate`, for a new object only: what is stored already may stay as it is. */
  readonly validateCreate?: (object: ApiObject) => FieldError[];
  readonly validateUpdate?: (object: ApiObject, old: ApiObject) => FieldError[];
  /** Instead of the checks above, for a write through `status`. */
  readonly validateStatus?: (object: ApiObject, old: ApiObject) => FieldError[];
  /** Seconds that a deleted object gets to end; absent where deletion is immediate. */
  readonly gracePeriodSeconds?: (object: ApiObject, requested: number | undefined) => number;
}

/** The strategies by kind: the registry asks at every write, since custom kinds come and go. */
export type StrategyLookup = (info: ResourceInfo) => Strategy;
