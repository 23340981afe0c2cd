import { hash as digest } from "node:crypto";
import { describeObject } from "@moorage/kube-client";
import { apiVersionOf, controllerReference, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { keyText, typeText } from "../cache/object-key.ts";
import { hashOf } from "../json.ts";
import { TerminalError } from "../outcome.ts";

/**
 * Holds the hash of what was applied, and behind a point that of its text, so that a restarted operator sees without a
 * write that nothing changed.
 */
export const appliedAnnotation = "moorage.dev/applied";

/** A desired child. */
export class Child {
  readonly type: ResourceType;
  /** Unique among all children of all owners: `apps/v1/deployments default/web`. */
  readonly id: string;
  /** Complete, but for the annotation. */
  readonly desired: KubeObject;
  readonly #textHash: string;
  #hash: string | undefined;

  constructor(type: ResourceType, desired: KubeObject) {
    this.type = type;
    this.id = childId(type, desired);
    this.desired = desired;
    this.#textHash = digest("sha256", JSON.stringify(desired), "base64url").slice(0, 22);
  }

  /** Of everything that is desired, in whatever order. */
  get hash(): string {
    this.#hash ??= hashOf(this.desired);
    return this.#hash;
  }

  /** What to apply. */
  toApply(): KubeObject {
    const { metadata } = this.desired;
    const annotations = { ...metadata.annotations, [appliedAnnotation]: `${this.hash}.${this.#textHash}` };
    return { ...this.desired, metadata: { ...metadata, annotations } };
  }

  /** Whether this very state was applied once; somebody may have changed it since. */
  isAppliedTo(live: KubeObject): boolean {
    const [hash, textHash] = live.metadata.annotations?.[appliedAnnotation]?.split(".") ?? [];
    // Mostly the text is the same, too, which is told in a third of the time that it takes to put fields in order.
    return textHash === this.#textHash || hash === this.hash;
  }
}

/** How children are identified across controllers. */
export function childId(type: ResourceType, object: KubeObject): string {
  return `${typeText(type)} ${keyText(object.metadata)}`;
}

/** The kind of a child among those that a controller owns. */
export function typeOf(child: KubeObject, owns: readonly ResourceType[]): ResourceType | undefined {
  return owns.find((candidate) => candidate.kind === child.kind && apiVersionOf(candidate) === child.apiVersion);
}

/**
 * Completes the children of an outcome: namespace, owner reference.
 *
 * @throws TerminalError for a child that cannot be: a kind that is not in `owns`, another namespace, no name, or two
 * of the same name. All of these are mistakes in the controller.
 */
export function prepareChildren(
  owner: KubeObject,
  children: readonly KubeObject[],
  owns: readonly ResourceType[],
): Child[] {
  const seen = new Set<string>();
  return children.map((child) => {
    const prepared = prepareChild(owner, child, owns);
    if (seen.has(prepared.id)) throw refused(prepared.type, prepared.desired, "the outcome holds it twice");
    seen.add(prepared.id);
    return prepared;
  });
}

function prepareChild(owner: KubeObject, child: KubeObject, owns: readonly ResourceType[]): Child {
  const type = typeOf(child, owns);
  if (!type) {
    throw new TerminalError(
      `Cannot apply ${child.kind} "${child.metadata.name}": ${child.apiVersion} ${child.kind} is not in "owns" of the controller`,
    );
  }
  const namespace = child.metadata.namespace ?? owner.metadata.namespace;
  if (!child.metadata.name) throw refused(type, child, "it has no metadata.name");
  if (owner.metadata.namespace && (!type.namespaced || namespace !== owner.metadata.namespace)) {
    throw refused(
      type,
      child,
      `${owner.kind} in namespace "${owner.metadata.namespace}" cannot own it: owners and children share a namespace`,
    );
  }
  const metadata = {
    ...child.metadata,
    ...(type.namespaced && { namespace }),
    ownerReferences: [controllerReference(owner)],
  };
  return new Child(type, { ...child, metadata });
}

function refused(type: ResourceType, child: KubeObject, why: string): TerminalError {
  return new TerminalError(`Cannot apply ${describeObject(type, child.metadata)}: ${why}`);
}
