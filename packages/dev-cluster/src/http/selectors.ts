import { type LabelSelector, matchesSelector, parseSelector } from "@moorage/kube-types";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { badRequest } from "../status/api-error.ts";
import { type ApiObject, valueAt } from "../store/api-object.ts";

/** Which objects a list or a watch is about. */
export type Matcher = (object: ApiObject) => boolean;

interface Requirement {
  field: string;
  /** The field's steps, split once and not for each object. */
  steps: readonly string[];
  value: string;
  negated: boolean;
}

/** Fields beside name and namespace that a kind can be selected by. Source: the kinds' `ToSelectableFields`. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
  ],
  events: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  "events.events.k8s.io": [
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "reportingController",
    "type",
  ],
  secrets: ["type"],
  services: ["spec.clusterIP", "spec.type"],
  namespaces: ["status.phase", "name"],
  nodes: ["spec.unschedulable"],
  replicationcontrollers: ["status.replicas"],
  "replicasets.apps": ["status.replicas"],
  "jobs.batch": ["status.successful"],
  "certificatesigningrequests.certificates.k8s.io": ["spec.signerName"],
};

/** Parses both selectors of a request. @throws ApiError BadRequest for one that does not parse or names an unknown field. */
export function matcherOf(info: ResourceInfo, query: URLSearchParams, name = ""): Matcher | undefined {
  const labels = parseLabels(query.get("labelSelector") ?? "");
  const fields = parseFields(query.get("fieldSelector") ?? "");
  if (name !== "") fields.push(requirementOf("metadata.name", name));
  for (const { field } of fields) checkSelectable(info, field);
  if (!labels && fields.length === 0) return undefined;
  return (object) =>
    (!labels || matchesSelector(labels, object.metadata.labels)) &&
    fields.every((requirement) => holds(object, requirement));
}

function parseLabels(text: string): LabelSelector | undefined {
  if (text === "") return undefined;
  try {
    return parseSelector(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(`unable to parse requirement: ${selectorFault(text) ?? error.message}`);
  }
}

/** The fault as the real server words it, where a word stands in place of an operator. */
function selectorFault(text: string): string | undefined {
  const word = text
    .split(",")
    .map((part) => /^\s*[\w./-]+\s+(\S+)/.exec(part)?.[1])
    .find((found) => found !== undefined);
  return word === undefined ? undefined : `found '${word}', expected: in, notin, =, ==, !=, gt, lt`;
}

function parseFields(text: string): Requirement[] {
  if (text === "") return [];
  return text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const match = /^(?<field>[^=!]+)(?<operator>!=|==|=)(?<value>.*)$/.exec(part)?.groups;
      if (!match) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
      return requirementOf(match["field"] ?? "", match["value"] ?? "", match["operator"]);
    });
}

function requirementOf(field: string, value: string, operator = "="): Requirement {
  return { field, steps: field.split("."), value, negated: operator === "!=" };
}

function checkSelectable(info: ResourceInfo, field: string): void {
  const known = ["metadata.name", ...(info.namespaced ? ["metadata.namespace"] : []), ...fieldsOf(info)];
  if (known.includes(field)) return;
  if (!info.custom && selectable[qualifiedName(info)] === undefined) {
    const quoted = ["metadata.name", "metadata.namespace", ...fieldsOf(info)]
      .map((name) => JSON.stringify(name))
      .join(", ");
    throw badRequest(`${JSON.stringify(field)} is not a known field selector: only ${quoted}`);
  }
  throw badRequest(`field label not supported: ${field}`);
}

/** Events are stored once and served by two groups, which name their fields otherwise. */
function qualifiedName({ group, plural }: ResourceInfo): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function fieldsOf(info: ResourceInfo): readonly string[] {
  return info.custom ? info.custom.selectableFields : (selectable[qualifiedName(info)] ?? []);
}

function holds(object: ApiObject, requirement: Requirement): boolean {
  return (selectedValue(object, requirement) === requirement.value) !== requirement.negated;
}

function selectedValue(object: ApiObject, { field, steps }: Requirement): string {
  if (field === "name") return object.metadata.name;
  if (field === "source") return String(valueAt(object, "source", "component") ?? "");
  if (field === "status.successful") return String(valueAt(object, "status", "succeeded") ?? 0);
  const value = valueAt(object, ...steps);
  if (value === undefined && ["spec.hostNetwork", "spec.unschedulable"].includes(field)) return "false";
  return value === undefined || value === null ? "" : String(value);
}
