import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { Namespace } from "@moorage/kube-types/core-v1";
import { attempt, messageOf, unlessGone } from "../runtime/api-errors.ts";
import { type BuiltInController, type ControllerContext, keyOf, type Watch, watch } from "../runtime/controller.ts";
import { equalsAsJson } from "../runtime/deep-equal.ts";
import { watchEverything } from "../runtime/watch-everything.ts";
import { type Remaining, terminationConditions } from "./namespace-conditions.ts";

/** A namespace that loses an object may be empty now. */
const contentOfTerminatingNamespaces: Watch = (context, enqueue) =>
  watchEverything(context.api, (_type, { type, object }) => {
    const { namespace } = object.metadata;
    if (type === "ADDED" || namespace === undefined) return;
    const key = { name: namespace };
    if (context.api.get(Namespace, key)?.metadata.deletionTimestamp !== undefined) enqueue(key);
  });

/** Empties a namespace that is being deleted, and lets it go when nothing is left. */
export const namespaceController: BuiltInController = {
  name: "Namespace",
  watches: [watch(Namespace), contentOfTerminatingNamespaces],

  reconcile(key, context) {
    const namespace = context.api.get(Namespace, key);
    if (!namespace || namespace.metadata.deletionTimestamp === undefined) return undefined;
    if (!namespace.spec?.finalizers?.includes("kubernetes")) return undefined;
    const remaining = empty(namespace.metadata.name, context);
    writeStatus(namespace, remaining, context);
    if (remaining.resources.size === 0 && remaining.failures.length === 0) finalize(namespace, context);
    return remaining.failures.length > 0 ? { afterMs: 5000 } : undefined;
  },
};

function empty(namespace: string, { api }: ControllerContext): Remaining {
  const resources = new Map<string, number>();
  const finalizers = new Map<string, number>();
  const failures: string[] = [];
  for (const type of api.resourceTypes().filter(({ namespaced }) => namespaced)) {
    for (const object of api.list(type, { namespace })) deleteOnce(type, object, { api, failures });
    const left = api.list(type, { namespace });
    // Events are shown by two groups but stored once.
    if (left.length > 0) resources.set(`${type.plural}.${type.group}`, left.length);
    for (const name of left.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
      finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
    }
  }
  return { resources, finalizers, failures };
}

function deleteOnce(
  type: ResourceType,
  object: KubeObject,
  { api, failures }: { api: ControllerContext["api"]; failures: string[] },
): void {
  if (object.metadata.deletionTimestamp !== undefined) return;
  const result = attempt(() => unlessGone(() => api.delete(type, keyOf(object), { propagationPolicy: "Background" })));
  // One object that cannot go must not keep the others: the condition tells which.
  if (!result.ok) failures.push(`${type.kind} "${object.metadata.name}": ${messageOf(result.error)}`);
}

function writeStatus(namespace: Namespace, remaining: Remaining, { api, now }: ControllerContext): void {
  const conditions = terminationConditions(namespace.status?.conditions ?? [], remaining, now());
  const status = { phase: "Terminating", conditions };
  if (equalsAsJson(status, namespace.status)) return;
  unlessGone(() => api.update(Namespace, { ...namespace, status }, { subresource: "status" }));
}

function finalize(namespace: Namespace, { api }: ControllerContext): void {
  const current = api.get(Namespace, keyOf(namespace));
  if (!current) return;
  const finalizers = (current.spec?.finalizers ?? []).filter((name) => name !== "kubernetes");
  unlessGone(() =>
    api.update(Namespace, { ...current, spec: { ...current.spec, finalizers } }, { subresource: "finalize" }),
  );
}
