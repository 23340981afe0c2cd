import { equalJson, type KubeObject } from "@moorage/kube-types";
import { appliedAnnotation, type Child } from "./child.ts";
import { ownableFields, ownsFields } from "./field-coverage.ts";

interface Applied {
  hash: string;
  /** A version that is known to be as applied. */
  resourceVersion: string | undefined;
  /** What the server said of it that we own. */
  fields: unknown;
}

/**
 * Knows which children need an apply, without normalising and comparing values (which loops for ever where the
 * server writes a value its own way).
 *
 * A child is as applied when its annotation has the desired hash and we still own the fields that we applied.
 * *Guarantees*: no apply of what is as applied, also after a restart; where the server never lets us own a field
 * (it drops unknown ones), one apply and no more until something changes.
 */
export class ApplyMemory {
  readonly #manager: string;
  readonly #applied = new Map<string, Applied>();

  constructor(manager: string) {
    this.#manager = manager;
  }

  needsApply(child: Child, live: KubeObject | undefined): boolean {
    if (!live || !this.isApplied(child, live)) return true;
    const fields = appliedFields(live, this.#manager);
    const applied = this.#applied.get(child.id);
    if (applied?.hash === child.hash) {
      if (applied.resourceVersion === live.metadata.resourceVersion) return false;
      if (equalJson(applied.fields, fields)) {
        this.remember(child, live);
        return false;
      }
    }
    if (!ownsFields(fields, ownableFields(child.object))) return true;
    // So that the next look at this version costs nothing.
    this.remember(child, live);
    return false;
  }

  /** Whether this very state was applied once; somebody may have changed it since. */
  isApplied(child: Child, live: KubeObject): boolean {
    return live.metadata.annotations?.[appliedAnnotation] === child.hash;
  }

  /** Remembers a version that is as applied, such as the server's answer to an apply. */
  remember(child: Child, object: KubeObject): void {
    const { annotations, resourceVersion } = object.metadata;
    // The cached object's own copy of the text, where it is the same: with thousands of children each one counts.
    const own = annotations?.[appliedAnnotation];
    const hash = own === child.hash ? own : child.hash;
    this.#applied.set(child.id, { hash, resourceVersion, fields: appliedFields(object, this.#manager) });
  }

  forget(id: string): void {
    this.#applied.delete(id);
  }

  /** Whether this manager has applied to the object: then it may delete it as well. */
  hasApplied(object: KubeObject): boolean {
    return appliedFields(object, this.#manager) !== undefined;
  }
}

/** What the server says of an object that `manager` owns by its applies. */
export function appliedFields({ metadata }: KubeObject, manager: string): unknown {
  return metadata.managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === "Apply" && !entry.subresource,
  )?.fieldsV1;
}
