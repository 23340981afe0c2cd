import { controllersOf, conversions } from "@moorage/controllers";
import { type AccessRule, accessRulesOf, conversionRulesOf } from "@moorage/operator-runtime";

/** The name of everything of the operator: ServiceAccount, roles, Lease, the webhooks' Secret and registrations. */
export const name = "moorage-operator";
/** Only kinds matter to roles, not images. */
const images = { moorage: "", runner: "" };

/** On the objects that controllers read and write, in every namespace that they watch. */
export const controllerRules: AccessRule[] = accessRulesOf(controllersOf({ images, addressing: "dns" }));

/** In the operator's own namespace: its Lease. `create` cannot be limited to a name. */
export const leaseRules: AccessRule[] = [
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: [name], verbs: ["get", "update"] },
];

/** In the operator's own namespace: the webhooks' certificates. */
export const certificateRules: AccessRule[] = [
  { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
  { apiGroups: [""], resources: ["secrets"], resourceNames: [name], verbs: ["get", "update"] },
];

const registrations = {
  apiGroups: ["admissionregistration.k8s.io"],
  resources: ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
};

/** Of the registrations of webhooks: this operator's own, and no other's, and of its own kinds where they convert. */
export const registrationRules: AccessRule[] = [
  { ...registrations, verbs: ["create"] },
  { ...registrations, resourceNames: [name], verbs: ["get", "patch"] },
  ...conversionRulesOf(conversions),
];
