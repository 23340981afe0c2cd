import { hash } from "node:crypto";
import type { KubeObject } from "@moorage/kube-types";
import { hashOf } from "../json.ts";

/**
 * `hashOf()` of children, which mostly are as they were at the last pass. Their text is then the same, too, and that is
 * told in a third of the time that it takes to put every field in order: with eleven children, a fifth of a pass.
 */
export class ChildHashes {
  readonly #known = new Map<string, { text: string; hash: string }>();

  /** @param id the child's, see `childId()`. */
  of(id: string, object: KubeObject): string {
    const text = hash("sha256", JSON.stringify(object), "base64url");
    const known = this.#known.get(id);
    if (known?.text === text) return known.hash;
    const fresh = hashOf(object);
    this.#known.set(id, { text, hash: fresh });
    return fresh;
  }

  forget(id: string): void {
    this.#known.delete(id);
  }
}
