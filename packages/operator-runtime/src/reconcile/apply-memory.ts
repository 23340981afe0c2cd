import type { KubeObject } from "@moorage/kube-types";
import { hashOf } from "../json.ts";
import { appliedAnnotation, type Child } from "./child.ts";
import { ownableFields, ownsFields } from "./field-coverage.ts";

interface Applied {
  hash: string;
  resourceVersion: string | undefined;
  /** Of what the server then said that we own. */
  ownership: string;
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
    const fields = this.#ownedFields(live);
    const applied = this.#applied.get(child.id);
    if (applied?.hash === child.hash) {
      const untouched = applied.resourceVersion === live.metadata.resourceVersion;
      if (untouched || applied.ownership === hashOf(fields)) return false;
    }
    return !ownsFields(fields, ownableFields(child.object));
  }

  /** Whether this very state was applied once; somebody may have changed it since. */
  isApplied(child: Child, live: KubeObject): boolean {
    return live.metadata.annotations?.[appliedAnnotation] === child.hash;
  }

  /** Remembers the server's answer to an apply. */
  remember(child: Child, answer: KubeObject): void {
    const ownership = hashOf(this.#ownedFields(answer));
    this.#applied.set(child.id, { hash: child.hash, resourceVersion: answer.metadata.resourceVersion, ownership });
  }

  forget(id: string): void {
    this.#applied.delete(id);
  }

  /** Whether this manager has applied to the object: then it may delete it as well. */
  hasApplied(object: KubeObject): boolean {
    return this.#ownedFields(object) !== undefined;
  }

  #ownedFields(object: KubeObject): unknown {
    return object.metadata.managedFields?.find(
      (entry) => entry.manager === this.#manager && entry.operation === "Apply" && !entry.subresource,
    )?.fieldsV1;
  }
}
