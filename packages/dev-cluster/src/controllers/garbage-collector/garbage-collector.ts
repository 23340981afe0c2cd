import type { KubeObject, OwnerReference, ResourceType } from "@moorage/kube-types";
import { isConflict, unlessGone } from "../runtime/api-errors.ts";
import { type ControllerContext, formatKey, keyIn } from "../runtime/controller.ts";
import { watchEverything } from "../runtime/watch-everything.ts";
import { WorkQueue } from "../runtime/work-queue.ts";
import { type GraphNode, OwnershipGraph } from "./ownership-graph.ts";

const foreground = "foregroundDeletion";
const orphan = "orphan";

/**
 * Deletes objects whose owners are gone, and carries out foreground and orphaning deletion.
 * Source: the garbage collector of kube-controller-manager. Returns how to stop.
 */
export function runGarbageCollector(context: ControllerContext): () => void {
  const graph = new OwnershipGraph();
  const queue = new WorkQueue({
    process: (uid) => {
      const node = graph.find(uid);
      if (node) collect(node, graph, context);
    },
    failed: (uid, error) => {
      const node = graph.find(uid);
      const name = node ? `${node.type.kind} "${formatKey(node.key)}"` : uid;
      if (!isConflict(error)) context.logError(`Cannot collect ${name}`, error);
    },
  });
  const stop = watchEverything(context.api, (type, change) => {
    for (const uid of graph.apply(type, change)) queue.add(uid);
  });
  return () => {
    stop();
    queue.close();
  };
}

function collect(node: GraphNode, graph: OwnershipGraph, context: ControllerContext): void {
  const object = read(node, context);
  if (!object) return;
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined) checkOwners(object, node, graph, context);
  else if (finalizers.includes(orphan)) orphanDependents(object, node, graph, context);
  else if (finalizers.includes(foreground)) deleteDependents(object, node, graph, context);
}

/** What became of the owners of an object. */
interface Owners {
  solid: OwnerReference[];
  /** Being deleted in the foreground, waiting for this very object if it blocks them. */
  waiting: OwnerReference[];
  dangling: OwnerReference[];
}

function checkOwners(object: KubeObject, node: GraphNode, graph: OwnershipGraph, context: ControllerContext): void {
  const { solid, waiting, dangling } = classify(object, context);
  if (waiting.length + dangling.length === 0) return;
  if (solid.length > 0) {
    keepOwners(object, node, solid, context);
    return;
  }
  const hasDependents = graph.dependentsOf(node.uid).length > 0;
  const propagationPolicy = waiting.length > 0 && hasDependents ? "Foreground" : deletionPolicyOf(object);
  unlessGone(() => context.api.delete(node.type, node.key, { propagationPolicy, preconditions: { uid: node.uid } }));
}

function classify(object: KubeObject, context: ControllerContext): Owners {
  const owners: Owners = { solid: [], waiting: [], dangling: [] };
  for (const reference of object.metadata.ownerReferences ?? []) {
    const type = typeOf(reference, context);
    // An owner of a kind that is not served may exist: nothing is deleted on a guess.
    const owner =
      type && context.api.get(type, keyIn(type.namespaced ? object.metadata.namespace : undefined, reference.name));
    if (!type) owners.solid.push(reference);
    else if (owner?.metadata.uid !== reference.uid) owners.dangling.push(reference);
    else if (isWaiting(owner)) owners.waiting.push(reference);
    else owners.solid.push(reference);
  }
  return owners;
}

function isWaiting({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(foreground);
}

function typeOf({ apiVersion, kind }: OwnerReference, { api }: ControllerContext): ResourceType | undefined {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return api.resourceTypes().find((type) => type.kind === kind && type.group === group);
}

/** An object that already carries a deletion finalizer keeps to it. */
function deletionPolicyOf({ metadata: { finalizers = [] } }: KubeObject): "Orphan" | "Foreground" | "Background" {
  if (finalizers.includes(orphan)) return "Orphan";
  return finalizers.includes(foreground) ? "Foreground" : "Background";
}

function orphanDependents(
  object: KubeObject,
  node: GraphNode,
  graph: OwnershipGraph,
  context: ControllerContext,
): void {
  for (const dependent of graph.dependentsOf(node.uid)) {
    const current = read(dependent, context);
    const owners = current?.metadata.ownerReferences?.filter(({ uid }) => uid !== node.uid);
    if (current && owners) keepOwners(current, dependent, owners, context);
  }
  removeFinalizer(object, node, orphan, context);
}

/** Foreground deletion: the dependents first; the owner goes when none that blocks it is left. */
function deleteDependents(
  object: KubeObject,
  node: GraphNode,
  graph: OwnershipGraph,
  context: ControllerContext,
): void {
  for (const dependent of graph.dependentsOf(node.uid)) {
    const current = read(dependent, context);
    if (current && current.metadata.deletionTimestamp === undefined) checkOwners(current, dependent, graph, context);
  }
  const isBlocked = graph
    .dependentsOf(node.uid)
    .flatMap((dependent) => read(dependent, context)?.metadata.ownerReferences ?? [])
    .some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion === true);
  if (!isBlocked) removeFinalizer(object, node, foreground, context);
}

function keepOwners(object: KubeObject, node: GraphNode, owners: OwnerReference[], { api }: ControllerContext): void {
  unlessGone(() => api.update(node.type, { ...object, metadata: { ...object.metadata, ownerReferences: owners } }));
}

function removeFinalizer(object: KubeObject, node: GraphNode, finalizer: string, { api }: ControllerContext): void {
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  unlessGone(() => api.update(node.type, { ...object, metadata: { ...object.metadata, finalizers } }));
}

/** The object as it is stored, unless another one has taken its name. */
function read(node: GraphNode, { api }: ControllerContext): KubeObject | undefined {
  const object = api.get(node.type, node.key);
  return object?.metadata.uid === node.uid ? object : undefined;
}
