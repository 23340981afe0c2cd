import { equalJson } from "@moorage/kube-types";
import { type Fields, fieldsAt, isFields, listAt } from "../../store/api-object.ts";

/** Source: `ComputePodQOS`: what kubelet kills first under pressure. */
export function qosClassOf(spec: Fields): "BestEffort" | "Burstable" | "Guaranteed" {
  const containers = [...listAt(spec, "containers"), ...listAt(spec, "initContainers")].filter(isFields);
  const claims = containers.map((container) => ({
    requests: computeResources(fieldsAt(container, "resources", "requests")),
    limits: computeResources(fieldsAt(container, "resources", "limits")),
  }));
  if (claims.every(({ requests, limits }) => isEmpty(requests) && isEmpty(limits))) return "BestEffort";
  const isGuaranteed = claims.every(
    ({ requests, limits }) => Object.keys(limits).length === 2 && (isEmpty(requests) || equalJson(requests, limits)),
  );
  return isGuaranteed ? "Guaranteed" : "Burstable";
}

function computeResources(resources: Fields | undefined): Fields {
  const kept = Object.entries(resources ?? {}).filter(
    ([name, amount]) => (name === "cpu" || name === "memory") && amount !== "0",
  );
  return Object.fromEntries(kept);
}

function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0;
}
