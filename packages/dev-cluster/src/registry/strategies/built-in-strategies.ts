import { validateBinding, validateBindingUpdate, validateRole } from "../../rbac/validate-rbac.ts";
import * as cluster from "../defaults/cluster-kinds.ts";
import * as workloads from "../defaults/workloads.ts";
import { pathSegment } from "../name-rules.ts";
import type { Strategy } from "../strategy.ts";
import { configKeyErrors, validateConfigMapUpdate, validateSecret, validateSecretUpdate } from "./config-strategy.ts";
import { crdStrategy } from "./crd-strategy.ts";
import { eventStrategy } from "./event-strategy.ts";
import { leaseStrategy } from "./lease-strategy.ts";
import { namespaceStrategy } from "./namespace-strategy.ts";
import { podStrategy } from "./pod-strategy.ts";
import { policyBindingStrategy, policyStrategy } from "./policy-strategy.ts";
import { quotaStrategy } from "./quota-strategy.ts";
import { serviceStrategy } from "./service-strategy.ts";
import { validateWebhooks } from "./webhook-strategy.ts";
import {
  prepareJob,
  validateDeployment,
  validateImmutable,
  validateStatefulSetUpdate,
  validateWorkload,
} from "./workload-strategy.ts";

const role: Strategy = {
  nameRule: pathSegment,
  createOnUpdate: true,
  defaults: cluster.defaultRole,
  validate: validateRole,
};

const binding: Strategy = {
  nameRule: pathSegment,
  createOnUpdate: true,
  defaults: cluster.defaultBinding,
  validate: validateBinding,
  validateUpdate: validateBindingUpdate,
};

const strategies: Readonly<Record<string, Strategy>> = {
  namespaces: namespaceStrategy,
  pods: podStrategy,
  services: serviceStrategy,
  configmaps: { validate: configKeyErrors, validateUpdate: validateConfigMapUpdate },
  secrets: { defaults: cluster.defaultSecret, validate: validateSecret, validateUpdate: validateSecretUpdate },
  endpoints: { defaults: cluster.defaultEndpoints },
  persistentvolumeclaims: { defaults: cluster.defaultClaim },
  persistentvolumes: { defaults: cluster.defaultVolume },
  limitranges: { defaults: cluster.defaultLimitRange },
  events: eventStrategy,
  resourcequotas: quotaStrategy,
  "deployments.apps": {
    generation: true,
    defaults: workloads.defaultDeployment,
    validate: validateDeployment,
    validateUpdate: validateImmutable("spec", "selector"),
  },
  "replicasets.apps": {
    generation: true,
    defaults: workloads.defaultReplicaSet,
    validate: validateWorkload,
    validateUpdate: validateImmutable("spec", "selector"),
  },
  "statefulsets.apps": {
    generation: true,
    defaults: workloads.defaultStatefulSet,
    validate: validateWorkload,
    validateUpdate: validateStatefulSetUpdate,
  },
  "daemonsets.apps": {
    generation: true,
    defaults: workloads.defaultDaemonSet,
    validate: validateWorkload,
    validateUpdate: validateImmutable("spec", "selector"),
  },
  "jobs.batch": {
    generation: true,
    defaults: workloads.defaultJob,
    prepareCreate: prepareJob,
    validate: validateWorkload,
    validateUpdate: (next, old) => [
      ...validateImmutable("spec", "selector")(next, old),
      ...validateImmutable("spec", "template")(next, old),
    ],
  },
  "cronjobs.batch": { generation: true, defaults: workloads.defaultCronJob },
  "horizontalpodautoscalers.autoscaling": { defaults: workloads.defaultAutoscaler },
  "poddisruptionbudgets.policy": { generation: true, unconditionalUpdate: false },
  "endpointslices.discovery.k8s.io": { generation: true, defaults: cluster.defaultEndpointSlice },
  "networkpolicies.networking.k8s.io": { generation: true, defaults: cluster.defaultNetworkPolicy },
  "ingresses.networking.k8s.io": { generation: true },
  "leases.coordination.k8s.io": leaseStrategy,
  "storageclasses.storage.k8s.io": { defaults: cluster.defaultStorageClass },
  "priorityclasses.scheduling.k8s.io": { generation: true, defaults: cluster.defaultPriorityClass },
  "roles.rbac.authorization.k8s.io": role,
  "clusterroles.rbac.authorization.k8s.io": role,
  "rolebindings.rbac.authorization.k8s.io": binding,
  "clusterrolebindings.rbac.authorization.k8s.io": binding,
  "customresourcedefinitions.apiextensions.k8s.io": crdStrategy,
  "validatingadmissionpolicies.admissionregistration.k8s.io": policyStrategy,
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": policyBindingStrategy,
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": {
    generation: true,
    defaults: cluster.defaultWebhooks,
    validate: validateWebhooks,
  },
  "validatingwebhookconfigurations.admissionregistration.k8s.io": {
    generation: true,
    defaults: cluster.defaultWebhooks,
    validate: validateWebhooks,
  },
};

const plain: Strategy = {};

/** What is special about a built-in kind, by the name it is stored under. */
export function builtInStrategy(storage: string): Strategy {
  return strategies[storage] ?? plain;
}
