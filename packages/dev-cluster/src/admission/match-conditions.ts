import { compileCel } from "../schema/cel.ts";
import { celValue } from "../schema/cel-value.ts";
import { forbidden } from "../status/api-error.ts";
import { type Fields, isFields, listAt, stringAt } from "../store/api-object.ts";
import { type AdmissionCall, requestOf } from "./admission-call.ts";

/**
 * Whether all `matchConditions` (CEL over `object`, `oldObject` and `request`) hold. One that is false decides,
 * whatever others say; one that fails counts by the failure policy. @throws ApiError Forbidden
 */
export function conditionsHold(webhook: Fields, call: AdmissionCall): boolean {
  const conditions = listAt(webhook, "matchConditions").filter(isFields);
  if (conditions.length === 0) return true;
  const variables = admissionVariables(call);
  const failures: string[] = [];
  for (const condition of conditions) {
    const expression = stringAt(condition, "expression") ?? "";
    const outcome = compileCel(expression).evaluate(variables);
    if (!outcome.ok) failures.push(`expression '${expression}' resulted in error: ${outcome.error}`);
    else if (outcome.value !== true) return false;
  }
  if (failures.length === 0) return true;
  if (webhook["failurePolicy"] === "Ignore") return false;
  const all = failures.length === 1 ? failures[0] : `[${failures.join(", ")}]`;
  throw forbidden(call.info, (call.object ?? call.old)?.metadata.name ?? "", String(all));
}

/** The variables of expressions in match conditions and policies. */
export function admissionVariables(call: AdmissionCall): Fields {
  const { object = null, old = null, caller } = call;
  const userInfo = {
    username: caller.name,
    groups: [...caller.groups],
    uid: caller.uid ?? "",
    extra: caller.extra ?? {},
  };
  return {
    object: celValue(object, undefined),
    oldObject: celValue(old, undefined),
    request: { ...requestOf(call), userInfo },
  };
}
