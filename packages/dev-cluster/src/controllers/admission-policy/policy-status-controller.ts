import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { type BuiltInController, watch } from "../runtime/controller.ts";

/** As much of a policy as this controller looks at. */
interface Policy extends KubeObject {
  status?: { observedGeneration?: number; typeChecking?: object };
}

const Policy: ResourceType<Policy> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  plural: "validatingadmissionpolicies",
  namespaced: false,
};

/** Says of a policy that it has been seen. Expressions are not checked against the kinds that they are about. */
export const policyStatusController: BuiltInController = {
  name: "ValidatingAdmissionPolicyStatus",
  watches: [watch(Policy)],

  reconcile(key, { api }) {
    const policy = api.get(Policy, key);
    const observedGeneration = policy?.metadata.generation;
    if (!policy || observedGeneration === undefined || policy.status?.observedGeneration === observedGeneration) {
      return undefined;
    }
    api.update(Policy, { ...policy, status: { observedGeneration, typeChecking: {} } }, { subresource: "status" });
    return undefined;
  },
};
