import { equalJson, type KubeObject } from "@moorage/kube-types";
import { appliedAnnotation, type Child } from "./child.ts";
import { ownableFields, ownsFields } from "./field-coverage.ts";

interface Applied {
  /** What the annotation said. */
  annotation: string | undefined;
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
    if (!live || !child.isAppliedTo(live)) return true;
    const fields = appliedFields(live, this.#manager);
    const applied = this.#applied.get(child.id);
    if (applied && applied.annotation === annotationOf(live)) {
      if (applied.resourceVersion === live.metadata.resourceVersion) return false;
      if (equalJson(applied.fields, fields)) {
        this.remember(child, live);
        return false;
      }
    }
    if (!ownsFields(fields, ownableFields(child.desired))) return true;
    // So that the next look at this version costs nothing.
    this.remember(child, live);
    return false;
  }

  /** Remembers a version that is as applied, such as the server's answer to an apply. */
  remember(child: Child, object: KubeObject): void {
    const { resourceVersion } = object.metadata;
    const fields = appliedFields(object, this.#manager);
    this.#applied.set(child.id, { annotation: annotationOf(object), resourceVersion, fields });
  }

  forget(id: string): void {
    this.#applied.delete(id);
  }

  /** Whether this manager has applied to the object: then it may delete it as well. */
  hasApplied(object: KubeObject): boolean {
    return appliedFields(object, this.#manager) !== undefined;
  }
}

function annotationOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[appliedAnnotation];
}

/** What the server says of an object that `manager` owns by its applies. */
export function appliedFields({ metadata }: KubeObject, manager: string): unknown {
  return metadata.managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === "Apply" && !entry.subresource,
  )?.fieldsV1;
}
