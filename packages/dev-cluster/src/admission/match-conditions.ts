import { apiVersionOf } from "@moorage/kube-types";
import { compileCel } from "../schema/cel.ts";
import { ApiError } from "../status/api-error.ts";
import { type Fields, isFields, listAt, stringAt } from "../store/api-object.ts";
import type { AdmissionCall } from "./admission-call.ts";

/** Whether all `matchConditions` (CEL over `object`, `oldObject` and `request`) hold. */
export function conditionsHold(webhook: Fields, call: AdmissionCall): boolean {
  const conditions = listAt(webhook, "matchConditions").filter(isFields);
  return conditions.every((condition) => holds(condition, webhook, call));
}

function holds(condition: Fields, webhook: Fields, call: AdmissionCall): boolean {
  const { object = null, old = null, info, operation, caller, subresource, dryRun } = call;
  const named = object ?? old;
  const request = {
    kind: { group: info.group, version: info.version, kind: info.kind },
    resource: { group: info.group, version: info.version, resource: info.plural },
    subResource: subresource,
    name: named?.metadata.name ?? "",
    namespace: named?.metadata.namespace ?? "",
    operation,
    userInfo: { username: caller.name, groups: [...caller.groups], uid: caller.uid ?? "" },
    dryRun,
    apiVersion: apiVersionOf(info),
  };
  const outcome = compileCel(stringAt(condition, "expression") ?? "").evaluate({ object, oldObject: old, request });
  if (outcome.ok) return outcome.value === true;
  if (webhook["failurePolicy"] === "Ignore") return false;
  const message = `Internal error occurred: failed evaluating match condition ${JSON.stringify(condition["name"])} of webhook ${JSON.stringify(webhook["name"])}: ${outcome.error}`;
  throw new ApiError(500, "InternalError", message, { causes: [{ message: outcome.error }] });
}
