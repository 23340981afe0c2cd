import { parseQuantity } from "@moorage/kube-types";
import type { Draft } from "../registry/registry.ts";
import { qosClassOf } from "../registry/strategies/qos-class.ts";
import { forbidden } from "../status/api-error.ts";
import {
  type ApiObject,
  ensureFields,
  type Fields,
  fieldsAt,
  isFields,
  listAt,
  stringAt,
} from "../store/api-object.ts";
import type { Store } from "../store/store.ts";

type Amounts = Readonly<Record<string, unknown>>;

interface Resources {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

function limitRangesOf(store: Store, namespace = ""): ApiObject[] {
  return store.list("limitranges", `${namespace}/`).map(({ object }) => object);
}

function itemsOf(range: ApiObject, type: string): Fields[] {
  return listAt(range, "spec", "limits")
    .filter(isFields)
    .filter((item) => item["type"] === type);
}

/** Gives a new pod's containers what LimitRanges of its namespace say. Source: the LimitRanger plugin. */
export function applyLimitDefaults({ info, object, old }: Draft, store: Store): void {
  if (old || info.storage !== "pods") return;
  for (const range of limitRangesOf(store, object.metadata.namespace)) {
    const items = itemsOf(range, "Container");
    const defaults: Resources = {
      requests: Object.assign({}, ...items.map((item) => fieldsAt(item, "defaultRequest") ?? {})),
      limits: Object.assign({}, ...items.map((item) => fieldsAt(item, "default") ?? {})),
    };
    const notes = [
      ...containers(object, "containers").flatMap((container) => fill(container, defaults, "container")),
      ...containers(object, "initContainers").flatMap((container) => fill(container, defaults, "init container")),
    ];
    if (notes.length === 0) continue;
    object.metadata.annotations = {
      ...object.metadata.annotations,
      "kubernetes.io/limit-ranger": `LimitRanger plugin set: ${notes.join("; ")}`,
    };
    ensureFields(object, "status")["qosClass"] = qosClassOf(ensureFields(object, "spec"));
  }
}

function containers(pod: ApiObject, list: "containers" | "initContainers"): Fields[] {
  return listAt(pod, "spec", list).filter(isFields);
}

function fill(container: Fields, defaults: Resources, what: string): string[] {
  const resources = ensureFields(container, "resources");
  const set = (part: "requests" | "limits", word: string): string[] => {
    const present = fieldsAt(resources, part) ?? {};
    const missing = Object.keys(defaults[part]).filter((name) => present[name] === undefined);
    if (missing.length === 0) return [];
    const added = Object.fromEntries(missing.map((name) => [name, defaults[part][name]]));
    resources[part] = { ...present, ...added };
    return [`${missing.sort().join(", ")} ${word} for ${what} ${stringAt(container, "name")}`];
  };
  return [...set("requests", "request"), ...set("limits", "limit")];
}

/** Holds pods and claims to the bounds of their namespace's LimitRanges. @throws ApiError Forbidden */
export function checkLimitRanges({ info, object, old, options }: Draft, store: Store): void {
  if (options.subresource) return;
  const check =
    info.storage === "pods" && !old ? podFaults : info.storage === "persistentvolumeclaims" ? claimFaults : undefined;
  if (!check) return;
  for (const range of limitRangesOf(store, object.metadata.namespace)) {
    const faults = check(range, object);
    if (faults.length === 0) continue;
    throw forbidden(info, object.metadata.name, faults.length === 1 ? String(faults[0]) : `[${faults.join(", ")}]`);
  }
}

function podFaults(range: ApiObject, pod: ApiObject): string[] {
  const each = [...containers(pod, "containers"), ...containers(pod, "initContainers")].map(resourcesOf);
  return [
    ...itemsOf(range, "Container").flatMap((item) => each.flatMap((resources) => boundFaults(item, resources))),
    ...itemsOf(range, "Pod").flatMap((item) => boundFaults(item, sumOf(pod))),
  ];
}

function claimFaults(range: ApiObject, claim: ApiObject): string[] {
  const requests = fieldsAt(claim, "spec", "resources", "requests") ?? {};
  return itemsOf(range, "PersistentVolumeClaim")
    .flatMap((item) => [
      ...entriesOf(item, "min").map(([name, bound]) => minFault({ item, name, bound }, { requests, limits: {} })),
      ...entriesOf(item, "max").map(([name, bound]) => maxFault({ item, name, bound }, requests, "request")),
    ])
    .filter((fault) => fault !== undefined);
}

function resourcesOf(container: Fields): Resources {
  return {
    requests: fieldsAt(container, "resources", "requests") ?? {},
    limits: fieldsAt(container, "resources", "limits") ?? {},
  };
}

/** What a pod takes in all: its containers together, or the largest of its init containers. */
function sumOf(pod: ApiObject): Resources {
  const main = containers(pod, "containers").map(resourcesOf);
  const init = containers(pod, "initContainers").map(resourcesOf);
  const part = (which: "requests" | "limits"): Amounts => {
    const all = [...main, ...init];
    const names = new Set(all.flatMap((resources) => Object.keys(resources[which])));
    const amount = (resources: Resources, name: string) => parseQuantity(String(resources[which][name] ?? "0"));
    const total = (name: string) => {
      const sum = main.reduce((subtotal, resources) => subtotal + amount(resources, name), 0);
      return Math.max(sum, ...init.map((resources) => amount(resources, name)));
    };
    return Object.fromEntries(
      [...names].map((name) => [
        name,
        shownAmount(
          total(name),
          all.map((r) => r[which][name]),
        ),
      ]),
    );
  };
  return { requests: part("requests"), limits: part("limits") };
}

const binary = ["Ki", "Mi", "Gi", "Ti"] as const;

/** A sum in the notation of its parts. */
function shownAmount(value: number, parts: readonly unknown[]): string {
  if (!Number.isInteger(value)) return `${Math.round(value * 1000)}m`;
  if (!parts.some((part) => /i$/.test(String(part)))) return String(value);
  const power = binary.findLastIndex((_unit, index) => value % 1024 ** (index + 1) === 0);
  return power < 0 ? String(value) : `${value / 1024 ** (power + 1)}${binary[power]}`;
}

interface Bound {
  readonly item: Fields;
  readonly name: string;
  readonly bound: unknown;
}

function entriesOf(item: Fields, field: string): [string, unknown][] {
  return Object.entries(fieldsAt(item, field) ?? {});
}

function boundFaults(item: Fields, resources: Resources): string[] {
  return [
    ...entriesOf(item, "min").map(([name, bound]) => minFault({ item, name, bound }, resources)),
    ...entriesOf(item, "max").map(
      ([name, bound]) =>
        maxFault({ item, name, bound }, resources.limits, "limit") ??
        exceeds({ item, name, bound }, resources.requests, "request"),
    ),
    ...entriesOf(item, "maxLimitRequestRatio").map(([name, bound]) => ratioFault({ item, name, bound }, resources)),
  ].filter((fault) => fault !== undefined);
}

function minFault({ item, name, bound }: Bound, { requests, limits }: Resources): string | undefined {
  const head = `minimum ${name} usage per ${item["type"]} is ${bound}`;
  const isBelow = (value: unknown) => parseQuantity(String(value)) < parseQuantity(String(bound));
  if (requests[name] === undefined) return `${head}.  No request is specified`;
  if (isBelow(requests[name])) return `${head}, but request is ${requests[name]}`;
  return limits[name] !== undefined && isBelow(limits[name]) ? `${head}, but limit is ${limits[name]}` : undefined;
}

function maxFault(bound: Bound, amounts: Amounts, word: string): string | undefined {
  const { item, name, bound: most } = bound;
  if (amounts[name] === undefined) {
    return `maximum ${name} usage per ${item["type"]} is ${most}.  No ${word} is specified`;
  }
  return exceeds(bound, amounts, word);
}

function exceeds({ item, name, bound }: Bound, amounts: Amounts, word: string): string | undefined {
  const value = amounts[name];
  if (value === undefined || parseQuantity(String(value)) <= parseQuantity(String(bound))) return undefined;
  return `maximum ${name} usage per ${item["type"]} is ${bound}, but ${word} is ${value}`;
}

function ratioFault({ item, name, bound }: Bound, { requests, limits }: Resources): string | undefined {
  const head = `${name} max limit to request ratio per ${item["type"]} is ${bound}, but`;
  const request = parseQuantity(String(requests[name] ?? "0"));
  const limit = parseQuantity(String(limits[name] ?? "0"));
  if (request === 0) return `${head} no request is specified or request is 0`;
  if (limit === 0) return `${head} no limit is specified or limit is 0`;
  const ratio = limit / request;
  return ratio > parseQuantity(String(bound)) ? `${head} provided ratio is ${ratio.toFixed(6)}` : undefined;
}
