import { rfc3339Seconds } from "@moorage/kube-types";
import { ApiError } from "../status/api-error.ts";
import type { ApiObject } from "../store/api-object.ts";
import type { ResourceInfo } from "./resource-info.ts";
import type { Strategy } from "./strategy.ts";

/** `metav1.DeleteOptions`, parsed. */
export interface DeletionOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan" | undefined;
  readonly preconditions?: { uid?: string | undefined; resourceVersion?: string | undefined } | undefined;
  readonly dryRun?: boolean | undefined;
}

/** What became of a deleted object. */
export interface Deletion {
  readonly object: ApiObject;
  /** False while finalizers or a grace period keep it. */
  readonly gone: boolean;
}

interface Context {
  readonly info: ResourceInfo;
  readonly strategy: Strategy;
  readonly options: DeletionOptions;
}

/**
 * Changes `object` into its state after a deletion request and says what the store has to do with it.
 *
 * Source: `rest.BeforeDelete` and the store's `deletionFinalizersForGarbageCollection`.
 * @throws ApiError Conflict when a precondition does not hold.
 */
export function markDeleted(object: ApiObject, context: Context): "remove" | "keep" | "unchanged" {
  checkPreconditions(object, context);
  const finalizersChanged = setPropagationFinalizers(object, context.options);
  const grace = gracePeriodOf(object, context);
  if (object.metadata.deletionTimestamp !== undefined) {
    return deleteAgain(object, grace, finalizersChanged);
  }
  const finalizers = object.metadata.finalizers ?? [];
  const namespaceStays = isNamespaceInUse(object, context.info);
  if (finalizers.length === 0 && grace === 0 && !namespaceStays) {
    // Kinds with a grace period are marked first, even where nothing is left to wait for.
    if (context.strategy.gracePeriodSeconds) mark(object, 0);
    return "remove";
  }
  // Namespaces and CRDs have deletions of their own upstream, without a grace period.
  const isStaged = namespaceStays || context.info.storage === "customresourcedefinitions.apiextensions.k8s.io";
  if (isStaged) stamp(object, undefined);
  else mark(object, grace);
  return "keep";
}

function mark(object: ApiObject, grace: number): void {
  stamp(object, grace);
  if (object.metadata.generation !== undefined) object.metadata.generation++;
}

function deleteAgain(object: ApiObject, grace: number, finalizersChanged: boolean): "remove" | "keep" | "unchanged" {
  const { metadata } = object;
  const isShorter = grace < (metadata.deletionGracePeriodSeconds ?? 0);
  if (isShorter) metadata.deletionGracePeriodSeconds = grace;
  if ((metadata.finalizers ?? []).length === 0 && metadata.deletionGracePeriodSeconds === 0) return "remove";
  return isShorter || finalizersChanged ? "keep" : "unchanged";
}

function stamp(object: ApiObject, grace: number | undefined): void {
  const seconds = grace ?? 0;
  object.metadata.deletionTimestamp = rfc3339Seconds(new Date(Date.now() + seconds * 1000));
  if (grace !== undefined) object.metadata.deletionGracePeriodSeconds = seconds;
}

function gracePeriodOf(object: ApiObject, { strategy, options }: Context): number {
  return strategy.gracePeriodSeconds?.(object, options.gracePeriodSeconds) ?? 0;
}

/** A namespace goes in two steps: its contents first, then `spec.finalizers` is emptied. */
function isNamespaceInUse(object: ApiObject, info: ResourceInfo): boolean {
  if (info.storage !== "namespaces") return false;
  const spec: unknown = object["spec"];
  const finalizers = typeof spec === "object" && spec !== null && "finalizers" in spec ? spec.finalizers : [];
  object["status"] = { ...(typeof object["status"] === "object" ? object["status"] : {}), phase: "Terminating" };
  return Array.isArray(finalizers) && finalizers.length > 0;
}

function setPropagationFinalizers({ metadata }: ApiObject, { propagationPolicy }: DeletionOptions): boolean {
  if (propagationPolicy === undefined) return false;
  const wanted = { Foreground: "foregroundDeletion", Orphan: "orphan", Background: undefined }[propagationPolicy];
  const before = metadata.finalizers ?? [];
  const others = before.filter((name) => name !== "foregroundDeletion" && name !== "orphan");
  const finalizers = wanted === undefined ? others : [...others, wanted];
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  return finalizers.join() !== before.join();
}

function checkPreconditions({ metadata }: ApiObject, { info, options }: Context): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const refuse = (why: string) =>
    new ApiError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${info.kind}${info.group ? `.${info.group}` : ""} "${metadata.name}": ${why}`,
      {
        name: metadata.name,
        ...(info.group ? { group: info.group } : {}),
        kind: info.kind,
      },
    );
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw refuse(why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw refuse(why);
  }
}
