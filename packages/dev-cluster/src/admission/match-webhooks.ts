import { matchesSelector } from "@moorage/kube-types";
import { labelSelectorOf } from "../registry/strategies/typed-parts.ts";
import { type ApiObject, type Fields, fieldsAt, isFields, isStrings, listAt, stringAt } from "../store/api-object.ts";
import type { Store } from "../store/store.ts";
import type { AdmissionCall, Webhook } from "./admission-call.ts";
import { conditionsHold } from "./match-conditions.ts";

const ownGroup = "admissionregistration.k8s.io";

/** The webhooks that are to be asked about a call, in the order of configurations' names. */
export function matchingWebhooks(store: Store, kind: "mutating" | "validating", call: AdmissionCall): Webhook[] {
  // Webhooks never decide about webhooks: nobody could repair a broken one.
  if (call.info.group === ownGroup) return [];
  return store.list(`${kind}webhookconfigurations.${ownGroup}`).flatMap(({ object }) =>
    listAt(object, "webhooks")
      .filter(isFields)
      .filter((webhook) => concerns(store, webhook, call))
      .map((webhook) => parse(object, webhook)),
  );
}

function parse(configuration: ApiObject, webhook: Fields): Webhook {
  const name = stringAt(webhook, "name") ?? "";
  return {
    key: `${configuration.metadata.name}/${name}`,
    name,
    client: fieldsAt(webhook, "clientConfig") ?? {},
    failurePolicy: webhook["failurePolicy"] === "Ignore" ? "Ignore" : "Fail",
    timeoutMs: Number(webhook["timeoutSeconds"] ?? 10) * 1000,
    reinvoke: webhook["reinvocationPolicy"] === "IfNeeded",
  };
}

function concerns(store: Store, webhook: Fields, call: AdmissionCall): boolean {
  return (
    listAt(webhook, "rules").some((rule) => isFields(rule) && ruleMatches(rule, call)) &&
    namespaceMatches(store, webhook, call) &&
    objectMatches(webhook, call) &&
    conditionsHold(webhook, call)
  );
}

function ruleMatches(rule: Fields, { info, operation, subresource }: AdmissionCall): boolean {
  const has = (field: string, wanted: string) => {
    const listed = rule[field];
    return isStrings(listed) && (listed.includes("*") || listed.includes(wanted));
  };
  const scope = rule["scope"] ?? "*";
  const isInScope = scope === "*" || scope === (info.namespaced ? "Namespaced" : "Cluster");
  return (
    isInScope &&
    has("operations", operation) &&
    has("apiGroups", info.group) &&
    has("apiVersions", info.version) &&
    resourceMatches(rule, info.plural, subresource)
  );
}

function resourceMatches(rule: Fields, plural: string, subresource: string): boolean {
  const wanted =
    subresource === "" ? [plural, "*", "*/*"] : [`${plural}/${subresource}`, `${plural}/*`, `*/${subresource}`, "*/*"];
  return listAt(rule, "resources").some((resource) => typeof resource === "string" && wanted.includes(resource));
}

function namespaceMatches(store: Store, webhook: Fields, { info, object, old }: AdmissionCall): boolean {
  const selector = labelSelectorOf(webhook["namespaceSelector"]) ?? {};
  const name = info.storage === "namespaces" ? (object ?? old)?.metadata.name : (object ?? old)?.metadata.namespace;
  if (!name) return true;
  const labels =
    info.storage === "namespaces"
      ? (object ?? old)?.metadata.labels
      : store.get("namespaces", name)?.object.metadata.labels;
  return matchesSelector(selector, labels);
}

function objectMatches(webhook: Fields, { object, old }: AdmissionCall): boolean {
  const selector = labelSelectorOf(webhook["objectSelector"]) ?? {};
  return [object, old].some((state) => state && matchesSelector(selector, state.metadata.labels));
}
