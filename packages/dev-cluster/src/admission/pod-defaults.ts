import type { Draft } from "../registry/registry.ts";
import { forbidden } from "../status/api-error.ts";
import { ensureFields, isFields, listAt, stringAt } from "../store/api-object.ts";
import type { Store } from "../store/store.ts";

const toleratedSeconds = 300;
const outages = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** Lets pods outlive short outages of their node. Source: the DefaultTolerationSeconds plugin. */
export function addDefaultTolerations({ info, object, old }: Draft): void {
  if (old || info.storage !== "pods") return;
  const spec = ensureFields(object, "spec");
  const present = listAt(spec, "tolerations").filter(isFields);
  const covers = (key: string) =>
    present.some(
      (toleration) =>
        (toleration["key"] === undefined || toleration["key"] === key) &&
        (toleration["effect"] === undefined || toleration["effect"] === "NoExecute"),
    );
  const added = outages
    .filter((key) => !covers(key))
    .map((key) => ({ effect: "NoExecute", key, operator: "Exists", tolerationSeconds: toleratedSeconds }));
  if (added.length > 0) spec["tolerations"] = [...present, ...added];
}

const systemPriorities: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/** Resolves a pod's priority class. Source: the Priority plugin. */
export function assignPriority({ info, object, old }: Draft, store: Store): void {
  if (old || info.storage !== "pods") return;
  const spec = ensureFields(object, "spec");
  const name = stringAt(spec, "priorityClassName");
  const classes = store.list("priorityclasses.scheduling.k8s.io").map((entry) => entry.object);
  const chosen = name
    ? classes.find((candidate) => candidate.metadata.name === name)
    : classes.find((candidate) => candidate["globalDefault"] === true);
  if (name && !chosen && systemPriorities[name] === undefined) {
    throw forbidden(info, object.metadata.name, `no PriorityClass with name ${name} was found`);
  }
  if (chosen) spec["priorityClassName"] = chosen.metadata.name;
  spec["priority"] = chosen?.["value"] ?? systemPriorities[name ?? ""] ?? 0;
  spec["preemptionPolicy"] = chosen?.["preemptionPolicy"] ?? "PreemptLowerPriority";
}
