import { describeObject } from "@moorage/kube-client";
import { apiVersionOf, controllerReference, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { keyText, typeText } from "../cache/object-key.ts";
import { TerminalError } from "../outcome.ts";
import type { ChildHashes } from "./child-hashes.ts";

/** Holds the hash of what was applied, so that a restarted operator sees without a write that nothing changed. */
export const appliedAnnotation = "moorage.dev/applied";

/** A desired child, ready to be applied. */
export interface Child {
  type: ResourceType;
  /** Unique among all children of all owners: `apps/v1/deployments default/web`. */
  id: string;
  object: KubeObject;
  /** Of everything in `object` but the annotation itself. */
  hash: string;
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
 * Completes the children of an outcome: namespace, owner reference, hash.
 *
 * @throws TerminalError for a child that cannot be: a kind that is not in `owns`, another namespace, no name, or two
 * of the same name. All of these are mistakes in the controller.
 */
export function prepareChildren(
  owner: KubeObject,
  children: readonly KubeObject[],
  context: { owns: readonly ResourceType[]; hashes: ChildHashes },
): Child[] {
  const seen = new Set<string>();
  return children.map((child) => {
    const prepared = prepareChild(owner, child, context);
    if (seen.has(prepared.id)) throw refused(prepared.type, prepared.object, "the outcome holds it twice");
    seen.add(prepared.id);
    return prepared;
  });
}

function prepareChild(
  owner: KubeObject,
  child: KubeObject,
  { owns, hashes }: { owns: readonly ResourceType[]; hashes: ChildHashes },
): Child {
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
  const complete: KubeObject = { ...child, metadata };
  const id = childId(type, complete);
  const hash = hashes.of(id, complete);
  const annotations = { ...child.metadata.annotations, [appliedAnnotation]: hash };
  return { type, id, object: { ...complete, metadata: { ...metadata, annotations } }, hash };
}

function refused(type: ResourceType, child: KubeObject, why: string): TerminalError {
  return new TerminalError(`Cannot apply ${describeObject(type, child.metadata)}: ${why}`);
}
