import type { Draft } from "../registry/registry.ts";
import { forbidden, notFound } from "../status/api-error.ts";
import { stringAt } from "../store/api-object.ts";
import type { Store } from "../store/store.ts";

const namespaces = { group: "", plural: "namespaces" };

/** Refuses new objects in namespaces that do not exist or are going away. Source: the NamespaceLifecycle plugin. */
export function checkNamespace(draft: Draft, store: Store): void {
  const { namespace, name } = draft.object.metadata;
  if (draft.old || !draft.info.namespaced || namespace === undefined) return;
  const found = store.get("namespaces", namespace)?.object;
  if (!found) throw notFound(namespaces, namespace);
  if (stringAt(found, "status", "phase") !== "Terminating") return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const refusal = forbidden(draft.info, name, why);
  refusal.status.details = {
    ...refusal.status.details,
    causes: [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  };
  throw refusal;
}

/** The namespaces that a cluster cannot do without. */
const protectedNamespaces: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

/** @throws ApiError Forbidden for a namespace that the cluster cannot do without. */
export function checkNamespaceDeletion(name: string): void {
  if (protectedNamespaces.has(name)) throw forbidden(namespaces, name, "this namespace may not be deleted");
}
