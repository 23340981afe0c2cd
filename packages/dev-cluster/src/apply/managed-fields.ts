import { type ManagedFieldsEntry, rfc3339Seconds } from "@moorage/kube-types";
import { FieldSet } from "./field-set.ts";

/** What one manager owns. */
export interface Manager {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  /** Empty where the manager has changed nothing yet. */
  readonly time: string;
  readonly fields: FieldSet;
}

/** All managers of an object, by identity. */
export type Managers = Map<string, Manager>;

/** Who makes a change, and how. */
export type ManagerIdentity = Pick<Manager, "manager" | "operation" | "apiVersion" | "subresource">;

/** One who applies is the same in every version of the kind; one who updates is another in each. */
export function identityOf({ manager, operation, apiVersion, subresource }: ManagerIdentity): string {
  return JSON.stringify([manager, operation, operation === "Apply" ? "" : apiVersion, subresource]);
}

/** Reads `metadata.managedFields`; entries that make no sense are dropped. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers: Managers = new Map();
  for (const entry of entries ?? []) {
    const { manager = "unknown", operation, apiVersion = "", subresource = "", time = "" } = entry;
    if ((operation !== "Apply" && operation !== "Update") || entry.fieldsType !== "FieldsV1") continue;
    const decoded = {
      manager,
      operation,
      apiVersion,
      subresource,
      time,
      fields: FieldSet.decode(entry.fieldsV1),
    } as const;
    managers.set(identityOf(decoded), decoded);
  }
  return managers;
}

/** Writes `metadata.managedFields`: appliers first, then by time and name. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  return [...managers.values()]
    .filter((manager) => !manager.fields.isEmpty)
    .sort(compareManagers)
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === "" ? {} : { time }),
      fieldsType: "FieldsV1",
      fieldsV1: fields.encode(),
      ...(subresource === "" ? {} : { subresource }),
    }));
}

function compareManagers(left: Manager, right: Manager): number {
  const keys = ["operation", "time", "manager", "apiVersion", "subresource"] as const;
  for (const key of keys) if (left[key] !== right[key]) return left[key] < right[key] ? -1 : 1;
  return 0;
}

/** The bound on updating managers; the oldest are merged into one beyond it. Source: `DefaultMaxUpdateManagers`. */
const updateManagerLimit = 10;
const ancientManager = "ancient-changes";

/** Merges the oldest updaters where there are too many. */
export function capManagers(managers: Managers): void {
  const updaters = [...managers]
    .filter(([, manager]) => manager.operation === "Update")
    .sort(([, a], [, b]) => compareManagers(a, b));
  const excess = updaters.length - updateManagerLimit;
  if (excess <= 0) return;
  for (const [identity, manager] of updaters.slice(0, excess + 1)) {
    managers.delete(identity);
    const merged = { ...manager, manager: ancientManager, subresource: "" };
    const present = managers.get(identityOf(merged));
    managers.set(identityOf(merged), present ? { ...present, fields: present.fields.union(manager.fields) } : merged);
  }
}

/** The time of a change now. */
export function changeTime(): string {
  return rfc3339Seconds(new Date());
}
