import { type ApiObject, ensureFields, type Fields, fieldsAt, isFields, listAt } from "../../store/api-object.ts";
import { itemsOf, setDefaults, within } from "./set-default.ts";

/** Source: `SetDefaults_Service`. Addresses are allocated later. */
export function defaultService(object: ApiObject): void {
  const spec = ensureFields(object, "spec");
  setDefaults(spec, { sessionAffinity: "None", type: "ClusterIP" });
  if (spec["sessionAffinity"] === "ClientIP") {
    const config = ensureFields(spec, "sessionAffinityConfig");
    setDefaults(ensureFields(config, "clientIP"), { timeoutSeconds: 10_800 });
  }
  if (spec["type"] !== "ExternalName") setDefaults(spec, { internalTrafficPolicy: "Cluster" });
  if (spec["type"] === "NodePort" || spec["type"] === "LoadBalancer")
    setDefaults(spec, { externalTrafficPolicy: "Cluster" });
  if (spec["type"] === "LoadBalancer") setDefaults(spec, { allocateLoadBalancerNodePorts: true });
  for (const port of itemsOf(spec, "ports")) setDefaults(port, { protocol: "TCP", targetPort: port["port"] });
}

export function defaultEndpointSlice(object: ApiObject): void {
  for (const port of itemsOf(object, "ports")) setDefaults(port, { name: "", protocol: "TCP" });
}

export function defaultEndpoints(object: ApiObject): void {
  for (const subset of itemsOf(object, "subsets")) {
    for (const port of itemsOf(subset, "ports")) setDefaults(port, { protocol: "TCP" });
  }
}

export function defaultSecret(object: ApiObject): void {
  setDefaults(object, { type: "Opaque" });
  const plain = object["stringData"];
  delete object["stringData"];
  if (!isFields(plain)) return;
  const data = ensureFields(object, "data");
  for (const [key, value] of Object.entries(plain)) data[key] = Buffer.from(String(value)).toString("base64");
}

export function defaultNetworkPolicy(object: ApiObject): void {
  const spec = ensureFields(object, "spec");
  ensureFields(spec, "podSelector");
  setDefaults(spec, { policyTypes: listAt(spec, "egress").length > 0 ? ["Ingress", "Egress"] : ["Ingress"] });
  for (const rule of [...itemsOf(spec, "ingress"), ...itemsOf(spec, "egress")]) {
    for (const port of itemsOf(rule, "ports")) setDefaults(port, { protocol: "TCP" });
  }
}

export function defaultClaim(object: ApiObject): void {
  setDefaults(ensureFields(object, "spec"), { volumeMode: "Filesystem" });
}

export function defaultVolume(object: ApiObject): void {
  setDefaults(ensureFields(object, "spec"), { persistentVolumeReclaimPolicy: "Retain", volumeMode: "Filesystem" });
}

export function defaultStorageClass(object: ApiObject): void {
  setDefaults(object, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" });
}

export function defaultPriorityClass(object: ApiObject): void {
  setDefaults(object, { preemptionPolicy: "PreemptLowerPriority" });
}

/** Roles: an absent rule list is written as null, as Go writes it. */
export function defaultRole(object: ApiObject): void {
  if (object["rules"] === undefined) object["rules"] = null;
}

/** Bindings name groups by default: users and groups are RBAC's own, ServiceAccounts the core group's. */
export function defaultBinding(object: ApiObject): void {
  within(object, "roleRef", nameRbacGroup);
  for (const subject of itemsOf(object, "subjects")) {
    if (subject["kind"] === "User" || subject["kind"] === "Group") nameRbacGroup(subject);
  }
}

function nameRbacGroup(reference: Fields): void {
  reference["apiGroup"] ||= "rbac.authorization.k8s.io";
}

/** Source: `SetDefaults_CustomResourceDefinition` of apiextensions/v1. */
export function defaultCrd(object: ApiObject): void {
  const spec = ensureFields(object, "spec");
  setDefaults(spec, { conversion: { strategy: "None" } });
  within(spec, "names", (names) => {
    const kind = String(names["kind"] ?? "");
    setDefaults(names, { listKind: `${kind}List`, singular: kind.toLowerCase() });
  });
  within(spec, "conversion", (conversion) =>
    within(conversion, "webhook", (webhook) => within(webhook, "clientConfig", defaultClientConfig)),
  );
}

/** Source: `SetDefaults_MutatingWebhook` and its validating twin. */
export function defaultWebhooks(object: ApiObject): void {
  for (const webhook of itemsOf(object, "webhooks")) {
    setDefaults(webhook, {
      failurePolicy: "Fail",
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
    });
    if (object.kind === "MutatingWebhookConfiguration") setDefaults(webhook, { reinvocationPolicy: "Never" });
    within(webhook, "clientConfig", defaultClientConfig);
    for (const rule of itemsOf(webhook, "rules")) setDefaults(rule, { scope: "*" });
  }
}

function defaultClientConfig(config: Fields): void {
  within(config, "service", (service) => setDefaults(service, { port: 443 }));
}

/** Events: the times that Go writes even where nobody has set them. */
export function defaultEvent(object: ApiObject): void {
  const old = ["firstTimestamp", "lastTimestamp"];
  const times = object.apiVersion === "v1" ? old : ["deprecatedFirstTimestamp", "deprecatedLastTimestamp"];
  for (const time of ["eventTime", ...times]) setDefaults(object, { [time]: null });
}

/** Source: `SetDefaults_LimitRangeItem`. */
export function defaultLimitRange(object: ApiObject): void {
  for (const item of itemsOf(ensureFields(object, "spec"), "limits")) {
    if (item["type"] !== "Container") continue;
    const limits = { ...fieldsAt(item, "max"), ...fieldsAt(item, "default") };
    const requests = { ...fieldsAt(item, "min"), ...limits, ...fieldsAt(item, "defaultRequest") };
    if (Object.keys(limits).length > 0) item["default"] = limits;
    if (Object.keys(requests).length > 0) item["defaultRequest"] = requests;
  }
}
