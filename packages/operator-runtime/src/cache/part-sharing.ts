import type { KubeObject } from "@moorage/kube-types";
import { shareParts } from "../json.ts";

/** More different templates than that are not worth telling apart. */
const maxPatterns = 64;

/**
 * Keeps in memory once what objects of one kind have alike: most are made from a template, and most versions of an
 * object differ from the one before in a field or two. Of an operator's own children that is more than half, their
 * `fieldsV1` above all, which is larger than what it describes.
 */
export class PartSharing<T extends KubeObject> {
  /** The object that came last of each template. */
  readonly #patterns = new Map<number, T>();

  /**
   * Makes `object` use the parts of its own version before, or of another object where there is none.
   * Changes `object`, which nobody has seen yet.
   */
  share(object: T, before: T | undefined): void {
    if (before) {
      shareParts(object, before);
      return;
    }
    const template = templateOf(object);
    shareParts(object, this.#patterns.get(template));
    if (this.#patterns.size >= maxPatterns) this.#patterns.clear();
    this.#patterns.set(template, object);
  }
}

/** Tells templates apart well enough: by how much is said of what we own. */
function templateOf({ metadata }: KubeObject): number {
  return JSON.stringify(metadata.managedFields ?? []).length;
}
