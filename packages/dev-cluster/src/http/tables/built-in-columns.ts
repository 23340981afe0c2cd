import { type ApiObject, fieldsAt, isFields, listAt, stringAt, valueAt } from "../../store/api-object.ts";
import {
  ageColumn,
  at,
  type Column,
  computed,
  count,
  labelsText,
  name,
  selectorText,
  since,
  templateColumns,
} from "./columns.ts";
import { eventColumns } from "./event-columns.ts";
import { nodeColumns } from "./node-columns.ts";
import { podColumns } from "./pod-columns.ts";
import { serviceColumns } from "./service-columns.ts";

const ratio = (title: string, have: string, want: string): Column =>
  computed(title, (object) => `${valueAt(object, "status", have) ?? 0}/${valueAt(object, "spec", want) ?? 0}`);

const selectorColumn = computed("Selector", (object) => selectorText(valueAt(object, "spec", "selector")), true);

const sizeOf = (object: ApiObject, field: string): number => Object.keys(fieldsAt(object, field) ?? {}).length;

const conditionStatus = (object: ApiObject, type: string): unknown =>
  listAt(object, "status", "conditions")
    .filter(isFields)
    .find((condition) => condition["type"] === type)?.["status"];

function jobStatus(object: ApiObject): string {
  if (conditionStatus(object, "Complete") === "True") return "Complete";
  if (conditionStatus(object, "Failed") === "True") return "Failed";
  if (object.metadata.deletionTimestamp) return "Terminating";
  return conditionStatus(object, "Suspended") === "True" ? "Suspended" : "Running";
}

function jobDuration(object: ApiObject): string {
  const start = stringAt(object, "status", "startTime");
  const end = stringAt(object, "status", "completionTime");
  if (!start) return "";
  return end ? since(start, Date.parse(end)) : since(start);
}

function endpointAddresses(object: ApiObject): string {
  const addresses = listAt(object, "endpoints").flatMap((endpoint) => listAt(endpoint, "addresses"));
  return shortened(addresses.map(String));
}

function oldEndpoints(object: ApiObject): string {
  const pairs = listAt(object, "subsets").flatMap((subset) =>
    listAt(subset, "ports").flatMap((port) =>
      listAt(subset, "addresses").map((address) => `${stringAt(address, "ip")}:${valueAt(port, "port")}`),
    ),
  );
  return shortened(pairs);
}

function shortened(items: readonly string[]): string {
  if (items.length === 0) return "<none>";
  return items.length > 3 ? `${items.slice(0, 3).join(",")} + ${items.length - 3} more...` : items.join(",");
}

function ports(object: ApiObject): string {
  return (
    listAt(object, "ports")
      .map((port) => valueAt(port, "port") ?? "*")
      .join(",") || "<unset>"
  );
}

function scaleTargets(object: ApiObject): string {
  const targets = listAt(object, "spec", "metrics").map((metric) => {
    const resource = stringAt(metric, "resource", "name");
    const want = valueAt(metric, "resource", "target", "averageUtilization");
    const current = listAt(object, "status", "currentMetrics").find(
      (item) => stringAt(item, "resource", "name") === resource,
    );
    const have = valueAt(current, "resource", "current", "averageUtilization");
    return resource
      ? `${resource}: ${have === undefined ? "<unknown>" : `${have}%`}/${want ?? "<unknown>"}%`
      : "<unknown>";
  });
  return targets.join(", ") || "<none>";
}

function ingressHosts(object: ApiObject): string {
  return (
    listAt(object, "spec", "rules")
      .map((rule) => stringAt(rule, "host") ?? "*")
      .join(",") || "*"
  );
}

const roleText = (object: ApiObject): string =>
  `${stringAt(object, "roleRef", "kind")}/${stringAt(object, "roleRef", "name")}`;

const subjectsOf = (kind: string) => (object: ApiObject) =>
  listAt(object, "subjects")
    .filter((subject) => stringAt(subject, "kind") === kind)
    .map((subject) =>
      kind === "ServiceAccount"
        ? `${stringAt(subject, "namespace")}/${stringAt(subject, "name")}`
        : stringAt(subject, "name"),
    )
    .join(", ");

const bindingColumns: readonly Column[] = [
  name,
  computed("Role", roleText),
  ageColumn,
  computed("Users", subjectsOf("User"), true),
  computed("Groups", subjectsOf("Group"), true),
  computed("ServiceAccounts", subjectsOf("ServiceAccount"), true),
];

const createdAt: Column = { name: "Created At", type: "date", cell: (object) => object.metadata.creationTimestamp };
const webhookColumns: readonly Column[] = [
  name,
  computed("Webhooks", (object) => listAt(object, "webhooks").length),
  ageColumn,
];

const columns: Readonly<Record<string, readonly Column[]>> = {
  pods: podColumns,
  nodes: nodeColumns,
  services: serviceColumns,
  events: eventColumns,
  namespaces: [name, at("Status", "status.phase"), ageColumn],
  configmaps: [name, computed("Data", (object) => sizeOf(object, "data") + sizeOf(object, "binaryData")), ageColumn],
  secrets: [name, at("Type", "type"), computed("Data", (object) => sizeOf(object, "data")), ageColumn],
  serviceaccounts: [name, computed("Secrets", (object) => listAt(object, "secrets").length), ageColumn],
  endpoints: [name, computed("Endpoints", oldEndpoints), ageColumn],
  persistentvolumeclaims: [
    name,
    at("Status", "status.phase", { empty: "" }),
    at("Volume", "spec.volumeName", { empty: "" }),
    at("Capacity", "status.capacity.storage", { empty: "" }),
    computed("Access Modes", (object) => listAt(object, "status", "accessModes").join(",")),
    at("StorageClass", "spec.storageClassName", { empty: "" }),
    at("VolumeAttributesClass", "spec.volumeAttributesClassName", { empty: "<unset>" }),
    ageColumn,
  ],
  resourcequotas: [name, computed("Request", quotaText), computed("Limit", () => ""), ageColumn],
  limitranges: [name, createdAt],
  "deployments.apps": [
    name,
    ratio("Ready", "readyReplicas", "replicas"),
    count("Up-to-date", "status.updatedReplicas"),
    count("Available", "status.availableReplicas"),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  "replicasets.apps": [
    name,
    count("Desired", "spec.replicas"),
    count("Current", "status.replicas"),
    count("Ready", "status.readyReplicas"),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  "statefulsets.apps": [name, ratio("Ready", "readyReplicas", "replicas"), ageColumn, ...templateColumns],
  "daemonsets.apps": [
    name,
    count("Desired", "status.desiredNumberScheduled"),
    count("Current", "status.currentNumberScheduled"),
    count("Ready", "status.numberReady"),
    count("Up-to-date", "status.updatedNumberScheduled"),
    count("Available", "status.numberAvailable"),
    computed("Node Selector", (object) => labelsText(valueAt(object, "spec", "template", "spec", "nodeSelector"))),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  "controllerrevisions.apps": [
    name,
    computed(
      "Controller",
      (object) =>
        object.metadata.ownerReferences?.map((owner) => `${owner.kind.toLowerCase()}.apps/${owner.name}`)[0] ??
        "<none>",
    ),
    count("Revision", "revision"),
    ageColumn,
  ],
  "jobs.batch": [
    name,
    computed("Status", jobStatus),
    computed(
      "Completions",
      (object) => `${valueAt(object, "status", "succeeded") ?? 0}/${valueAt(object, "spec", "completions") ?? 1}`,
    ),
    computed("Duration", jobDuration),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  "cronjobs.batch": [
    name,
    at("Schedule", "spec.schedule"),
    at("Timezone", "spec.timeZone"),
    computed("Suspend", (object) => (valueAt(object, "spec", "suspend") === true ? "True" : "False")),
    computed("Active", (object) => listAt(object, "status", "active").length),
    computed("Last Schedule", (object) =>
      stringAt(object, "status", "lastScheduleTime") ? since(stringAt(object, "status", "lastScheduleTime")) : "<none>",
    ),
    ageColumn,
  ],
  "horizontalpodautoscalers.autoscaling": [
    name,
    computed(
      "Reference",
      (object) =>
        `${stringAt(object, "spec", "scaleTargetRef", "kind")}/${stringAt(object, "spec", "scaleTargetRef", "name")}`,
    ),
    computed("Targets", scaleTargets),
    at("MinPods", "spec.minReplicas", { empty: "<unset>" }),
    count("MaxPods", "spec.maxReplicas"),
    count("Replicas", "status.currentReplicas"),
    ageColumn,
  ],
  "poddisruptionbudgets.policy": [
    name,
    at("Min Available", "spec.minAvailable", { empty: "N/A" }),
    at("Max Unavailable", "spec.maxUnavailable", { empty: "N/A" }),
    count("Allowed Disruptions", "status.disruptionsAllowed"),
    ageColumn,
  ],
  "endpointslices.discovery.k8s.io": [
    name,
    at("AddressType", "addressType"),
    computed("Ports", ports),
    computed("Endpoints", endpointAddresses),
    ageColumn,
  ],
  "networkpolicies.networking.k8s.io": [
    name,
    computed("Pod-Selector", (object) => selectorText(valueAt(object, "spec", "podSelector"))),
    ageColumn,
  ],
  "ingresses.networking.k8s.io": [
    name,
    at("Class", "spec.ingressClassName"),
    computed("Hosts", ingressHosts),
    computed("Address", (object) =>
      listAt(object, "status", "loadBalancer", "ingress")
        .map((entry) => stringAt(entry, "ip") ?? stringAt(entry, "hostname"))
        .join(","),
    ),
    computed("Ports", (object) => (listAt(object, "spec", "tls").length > 0 ? "80, 443" : "80")),
    ageColumn,
  ],
  "leases.coordination.k8s.io": [name, at("Holder", "spec.holderIdentity", { empty: "" }), ageColumn],
  "roles.rbac.authorization.k8s.io": [name, createdAt],
  "clusterroles.rbac.authorization.k8s.io": [name, createdAt],
  "rolebindings.rbac.authorization.k8s.io": bindingColumns,
  "clusterrolebindings.rbac.authorization.k8s.io": bindingColumns,
  "customresourcedefinitions.apiextensions.k8s.io": [name, createdAt],
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": webhookColumns,
  "validatingwebhookconfigurations.admissionregistration.k8s.io": webhookColumns,
  "storageclasses.storage.k8s.io": [
    name,
    at("Provisioner", "provisioner"),
    at("ReclaimPolicy", "reclaimPolicy"),
    at("VolumeBindingMode", "volumeBindingMode"),
    ageColumn,
  ],
  "priorityclasses.scheduling.k8s.io": [
    name,
    count("Value", "value"),
    computed("Global-Default", (object) => object["globalDefault"] === true),
    ageColumn,
    at("PreemptionPolicy", "preemptionPolicy"),
  ],
};

function quotaText(object: ApiObject): string {
  const hard = fieldsAt(object, "status", "hard") ?? fieldsAt(object, "spec", "hard") ?? {};
  return Object.keys(hard)
    .sort()
    .map((resource) => `${resource}: ${valueAt(object, "status", "used", resource) ?? 0}/${hard[resource]}`)
    .join(", ");
}

/** The columns of a built-in kind by its storage name; undefined for those that show only name and time. */
export function builtInColumns(storage: string): readonly Column[] | undefined {
  return columns[storage];
}
