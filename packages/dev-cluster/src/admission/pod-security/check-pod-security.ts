import { equalJson } from "@moorage/kube-types";
import type { Draft } from "../../registry/registry.ts";
import { forbidden, invalid } from "../../status/api-error.ts";
import { type ApiObject, type Fields, fieldsAt, isFields, listAt } from "../../store/api-object.ts";
import type { Store } from "../../store/store.ts";
import type { PodView, Violation } from "./pod-view.ts";
import { type LevelVersion, levelText, policyOf, strictness, violations } from "./policy.ts";

/** Where the kinds that make pods keep their template. */
const templates: Readonly<Record<string, readonly string[]>> = {
  podtemplates: ["template"],
  replicationcontrollers: ["spec", "template"],
  "deployments.apps": ["spec", "template"],
  "replicasets.apps": ["spec", "template"],
  "statefulsets.apps": ["spec", "template"],
  "daemonsets.apps": ["spec", "template"],
  "jobs.batch": ["spec", "template"],
  "cronjobs.batch": ["spec", "jobTemplate", "spec", "template"],
};

/** Enforces the Pod Security Standards that a namespace's labels ask for. Source: the PodSecurity plugin. @throws ApiError Forbidden */
export function checkPodSecurity(draft: Draft, store: Store): void {
  const { info, object, old, options } = draft;
  if (info.storage === "namespaces") {
    checkNamespaceLabels(draft, store);
    return;
  }
  const isPod = info.storage === "pods";
  const template = templates[info.storage];
  if ((!isPod && !template) || (options.subresource && options.subresource !== "ephemeralcontainers")) return;
  const labels = store.get("namespaces", object.metadata.namespace ?? "")?.object.metadata.labels;
  const { enforce, warn } = policyOf(labels);
  if (strictness(enforce) === 0 && strictness(warn) === 0) return;
  const pod = template ? podOf(fieldsAt(object, ...template)) : podOf(object);
  if (!pod || (isPod && old && !changesSecurity(object, old))) return;
  if (isPod) refuse(draft, enforce, violations(enforce, pod));
  const found = violations(warn, pod);
  if (found.length > 0) options.warnings?.push(`would violate PodSecurity "${levelText(warn)}": ${detailsOf(found)}`);
}

function podOf(part: Fields | undefined): PodView | undefined {
  const spec = fieldsAt(part, "spec");
  return spec && { annotations: fieldsAt(part, "metadata", "annotations") ?? {}, spec };
}

function refuse({ info, object }: Draft, enforce: LevelVersion, found: readonly Violation[]): void {
  if (found.length === 0) return;
  const why = `violates PodSecurity "${levelText(enforce)}": ${detailsOf(found)}`;
  throw forbidden(info, object.metadata.name ?? "", why);
}

function detailsOf(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => (detail === "" ? reason : `${reason} (${detail})`)).join(", ");
}

/** Images are all that an update can change of what counts; new containers are looked at too. */
function changesSecurity(next: ApiObject, old: ApiObject): boolean {
  const lists = ["initContainers", "containers", "ephemeralContainers"];
  const parts = (object: ApiObject) =>
    lists.flatMap((list) =>
      listAt(object, "spec", list)
        .filter(isFields)
        .map(({ image }) => image),
    );
  return !equalJson(parts(next), parts(old));
}

function checkNamespaceLabels({ info, object, old, options }: Draft, store: Store): void {
  if (options.subresource) return;
  const policy = policyOf(object.metadata.labels);
  const before = old && policyOf(old.metadata.labels);
  if (policy.errors.length > 0 && !equalJson(policy.errors, before?.errors ?? [])) {
    throw invalid({ group: info.group, kind: info.kind, name: object.metadata.name }, policy.errors);
  }
  if (!before || equalJson(policy.enforce, before.enforce)) return;
  const isRelaxed =
    policy.enforce.version === before.enforce.version && strictness(policy.enforce) <= strictness(before.enforce);
  if (!isRelaxed) options.warnings?.push(...warningsOfPods(store, object.metadata.name, policy.enforce));
}

/** Names the pods that would not be let in any more. */
function warningsOfPods(store: Store, namespace: string, enforce: LevelVersion): string[] {
  const byFault = new Map<string, string[]>();
  for (const { object } of store.list("pods", `${namespace}/`)) {
    const pod = podOf(object);
    const fault = pod
      ? violations(enforce, pod)
          .map(({ reason }) => reason)
          .join(", ")
      : "";
    if (fault !== "") byFault.set(fault, [...(byFault.get(fault) ?? []), object.metadata.name]);
  }
  if (byFault.size === 0) return [];
  const head = `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level "${levelText(enforce)}"`;
  return [head, ...[...byFault].map(([fault, names]) => `${othersOf(names)}: ${fault}`).sort()];
}

function othersOf(names: readonly string[]): string {
  const [first = ""] = [...names].sort();
  const others = names.length - 1;
  if (others === 0) return first;
  return `${first} (and ${others} other ${others === 1 ? "pod" : "pods"})`;
}
