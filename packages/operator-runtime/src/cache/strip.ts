import type { KubeObject } from "@moorage/kube-types";
import { deepFreeze } from "../json.ts";

/** More different ones than that are not worth keeping apart. */
const maxKnown = 2_000;

/**
 * Drops the `managedFields` entries of other managers, which are about a third of a Pod's bytes, and keeps ours:
 * they tell whether somebody took a field from us. What all objects of a template have alike is kept once for all of
 * them: in memory, `fieldsV1` is larger than what it describes.
 */
export class ManagedFieldsStrip {
  readonly #managerPrefix: string;
  #known = new Map<string, unknown>();

  constructor(managerPrefix: string) {
    this.#managerPrefix = managerPrefix;
  }

  /** Changes `object`, which nobody has seen yet. */
  apply({ metadata }: KubeObject): void {
    if (!metadata.managedFields) return;
    const ours = metadata.managedFields.filter((entry) => entry.manager?.startsWith(this.#managerPrefix));
    for (const entry of ours) entry.fieldsV1 = this.#shared(entry.fieldsV1);
    if (ours.length > 0) metadata.managedFields = ours;
    else delete metadata.managedFields;
  }

  #shared(fields: unknown): unknown {
    const text = JSON.stringify(fields) ?? "";
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= maxKnown) this.#known.clear();
    // Shared by many: nobody may change it, whether it is handed out or not.
    this.#known.set(text, deepFreeze(fields));
    return fields;
  }
}

/** Drops everything but what every object has. Changes `object`: the answer to a write holds the whole. */
export function keepMetadata(object: KubeObject): void {
  for (const field of Object.keys(object)) {
    if (field !== "apiVersion" && field !== "kind" && field !== "metadata") Reflect.deleteProperty(object, field);
  }
}
