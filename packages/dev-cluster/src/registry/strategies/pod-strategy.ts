import { equalJson } from "@moorage/kube-types";
import type { FieldError } from "../../status/api-error.ts";
import { forbiddenField } from "../../status/field-errors.ts";
import {
  type ApiObject,
  ensureFields,
  type Fields,
  fieldsAt,
  isFields,
  listAt,
  stringAt,
} from "../../store/api-object.ts";
import { cloneJson } from "../../store/json.ts";
import { defaultPod, defaultPodSpec } from "../defaults/pod-spec.ts";
import type { Strategy } from "../strategy.ts";
import { qosClassOf } from "./qos-class.ts";
import { validatePodSpec } from "./validate-pod-spec.ts";

const restartPolicies = ["Always", "OnFailure", "Never"];

/** Pods: mostly immutable, deleted with grace once they are on a node. */
export const podStrategy: Strategy = {
  generation: true,
  defaults(object) {
    const spec = ensureFields(object, "spec");
    defaultPodSpec(spec);
    defaultPod(spec);
  },
  prepareCreate(object) {
    const spec = ensureFields(object, "spec");
    object["status"] = { phase: "Pending", qosClass: qosClassOf(spec) };
    const gates = listAt(spec, "schedulingGates").length > 0;
    if (gates) {
      const message = "Scheduling is blocked due to non-empty scheduling gates";
      const condition = {
        type: "PodScheduled",
        status: "False",
        reason: "SchedulingGated",
        message,
        lastProbeTime: null,
      };
      ensureFields(object, "status")["conditions"] = [condition];
    }
  },
  validate: (object) => validatePodSpec(fieldsAt(object, "spec") ?? {}, "spec", restartPolicies),
  validateUpdate: validatePodUpdate,
  validateStatus: () => [],
  gracePeriodSeconds(object, requested) {
    // Nothing runs yet, or nothing runs any more: no one needs the time.
    if (!stringAt(object, "spec", "nodeName")) return 0;
    if (["Succeeded", "Failed"].includes(stringAt(object, "status", "phase") ?? "")) return 0;
    const own = fieldsAt(object, "spec")?.["terminationGracePeriodSeconds"];
    return requested ?? (typeof own === "number" ? own : 30);
  },
};

const mutableSpec = ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates"];

function validatePodUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  const before = fixedParts(old);
  const after = fixedParts(next);
  // Binding is the one writer of `nodeName`, and only once.
  if (before["nodeName"] === undefined) delete after["nodeName"];
  if (equalJson(before, after)) return [];
  const why =
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
  const changed = Object.keys({ ...before, ...after }).filter((key) => !equalJson(before[key], after[key]));
  return [forbiddenField("spec", `${why}\nchanged: ${changed.map((key) => `spec.${key}`).join(", ")}`)];
}

function fixedParts(object: ApiObject): Fields {
  const spec = cloneJson(fieldsAt(object, "spec") ?? {});
  for (const field of mutableSpec) delete spec[field];
  for (const kind of ["containers", "initContainers"]) {
    for (const container of listAt(spec, kind)) {
      if (!isFields(container)) continue;
      delete container["image"];
      // The `resize` subresource changes them in place.
      delete container["resources"];
    }
  }
  return spec;
}
