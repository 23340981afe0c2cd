import { type ApiObject, ensureFields } from "../../store/api-object.ts";
import { dnsLabel } from "../name-rules.ts";
import type { Strategy } from "../strategy.ts";

const nameLabel = "kubernetes.io/metadata.name";

function labelByName(object: ApiObject): void {
  const labels = { ...object.metadata.labels, [nameLabel]: object.metadata.name };
  object.metadata.labels = labels;
}

/** A namespace lives until the finalizer `kubernetes` in its spec is taken away through `finalize`. */
export const namespaceStrategy: Strategy = {
  nameRule: dnsLabel,
  defaults: labelByName,
  prepareCreate(object) {
    const spec = ensureFields(object, "spec");
    const finalizers = Array.isArray(spec["finalizers"]) ? spec["finalizers"] : [];
    spec["finalizers"] = finalizers.includes("kubernetes") ? finalizers : [...finalizers, "kubernetes"];
    object["status"] = { phase: "Active" };
  },
  prepareUpdate(object, old) {
    // Only `finalize` may change them.
    object["spec"] = structuredClone(old["spec"]);
  },
};
