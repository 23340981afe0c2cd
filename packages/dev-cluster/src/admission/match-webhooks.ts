import { apiVersionOf, matchesSelector } from "@moorage/kube-types";
import type { ApiCore } from "../registry/api-core.ts";
import type { Catalog } from "../registry/catalog.ts";
import { convert } from "../registry/convert.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { labelSelectorOf } from "../registry/strategies/typed-parts.ts";
import { type ApiObject, type Fields, fieldsAt, isFields, isStrings, listAt, stringAt } from "../store/api-object.ts";
import { cloneJson } from "../store/json.ts";
import type { Store } from "../store/store.ts";
import type { AdmissionCall, Webhook } from "./admission-call.ts";
import { conditionsHold } from "./match-conditions.ts";

const ownGroup = "admissionregistration.k8s.io";

/** A webhook, and the call in the version that it asks for. */
export interface Asked {
  readonly webhook: Webhook;
  readonly call: AdmissionCall;
}

/** The webhooks that are to be asked about a call, in the order of configurations' names. */
export function matchingWebhooks(core: ApiCore, kind: "mutating" | "validating", call: AdmissionCall): Asked[] {
  // Webhooks never decide about webhooks: nobody could repair a broken one.
  if (call.info.group === ownGroup) return [];
  return core.store.list(`${kind}webhookconfigurations.${ownGroup}`).flatMap(({ object }) =>
    listAt(object, "webhooks")
      .filter(isFields)
      .flatMap((webhook) => {
        const asked = concerns(core, webhook, call);
        return asked ? [{ webhook: parse(object, webhook), call: asked }] : [];
      }),
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

function concerns({ store, catalog }: ApiCore, webhook: Fields, call: AdmissionCall): AdmissionCall | undefined {
  const rules = listAt(webhook, "rules").filter(isFields);
  const asked = callFor(catalog, call, {
    matches: (candidate) => rules.some((rule) => ruleMatches(rule, candidate)),
    isExact: webhook["matchPolicy"] === "Exact",
  });
  if (!asked) return undefined;
  const isChosen =
    namespaceMatches(store, webhook, asked) && objectMatches(webhook, asked) && conditionsHold(webhook, asked);
  return isChosen ? asked : undefined;
}

/**
 * The call as rules want it: as it is, or, unless they insist on that, in another version of the same resource.
 * Undefined where they are about something else.
 */
export function callFor(
  catalog: Catalog,
  call: AdmissionCall,
  { matches, isExact }: { matches: (call: AdmissionCall) => boolean; isExact: boolean },
): AdmissionCall | undefined {
  if (matches(call)) return call;
  // A webhook between the versions would have to be asked in the middle of this.
  if (isExact || call.info.custom?.conversion) return undefined;
  const others = catalog.list().filter((info) => info.storage === call.info.storage && info !== call.info);
  const found = others.find((info) => matches({ ...call, info }));
  return found && inVersion(call, found);
}

function inVersion(call: AdmissionCall, info: ResourceInfo): AdmissionCall {
  const { object, old, kind } = call;
  // A subresource's own kind, such as Scale, is the same in every version.
  const isWhole = kind.kind === call.info.kind;
  const converted = (state: ApiObject) => (isWhole ? convert(cloneJson(state), apiVersionOf(info)) : state);
  return {
    ...call,
    info,
    kind: isWhole ? { group: info.group, version: info.version, kind: info.kind } : kind,
    requested: { info: call.info, kind },
    ...(object ? { object: converted(object) } : {}),
    ...(old ? { old: converted(old) } : {}),
  };
}

/** Whether one of `rules` is about the call. */
export function ruleMatches(rule: Fields, { info, operation, subresource }: AdmissionCall): boolean {
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

/** Whether the call is about a namespace, or something in one, that `namespaceSelector` selects. */
export function namespaceMatches(store: Store, webhook: Fields, { info, object, old }: AdmissionCall): boolean {
  const selector = labelSelectorOf(webhook["namespaceSelector"]) ?? {};
  const name = info.storage === "namespaces" ? (object ?? old)?.metadata.name : (object ?? old)?.metadata.namespace;
  if (!name) return true;
  const labels =
    info.storage === "namespaces"
      ? (object ?? old)?.metadata.labels
      : store.get("namespaces", name)?.object.metadata.labels;
  return matchesSelector(selector, labels);
}

/** Whether `objectSelector` selects the object before or after the change. */
export function objectMatches(webhook: Fields, { object, old }: AdmissionCall): boolean {
  const selector = labelSelectorOf(webhook["objectSelector"]) ?? {};
  return [object, old].some((state) => state && matchesSelector(selector, state.metadata.labels));
}
