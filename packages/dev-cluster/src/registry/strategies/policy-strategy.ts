import { compileCel } from "../../schema/cel.ts";
import type { FieldError } from "../../status/api-error.ts";
import { duplicate, forbiddenField, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import {
  type ApiObject,
  ensureFields,
  type Fields,
  fieldsAt,
  isFields,
  isStrings,
  listAt,
  stringAt,
} from "../../store/api-object.ts";
import { itemsOf, setDefaults, within } from "../defaults/set-default.ts";
import type { Strategy } from "../strategy.ts";
import { conditionErrors, ruleErrors } from "./webhook-strategy.ts";

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const actions = ["Audit", "Deny", "Warn"];

/** Source: `SetDefaults_ValidatingAdmissionPolicySpec` and `SetDefaults_MatchResources`. */
function defaultPolicy(object: ApiObject): void {
  const spec = ensureFields(object, "spec");
  setDefaults(spec, { failurePolicy: "Fail" });
  within(spec, "matchConstraints", defaultMatch);
}

function defaultMatch(match: Fields): void {
  setDefaults(match, { matchPolicy: "Equivalent", namespaceSelector: {}, objectSelector: {} });
  const rules = [...itemsOf(match, "resourceRules"), ...itemsOf(match, "excludeResourceRules")];
  for (const rule of rules) setDefaults(rule, { scope: "*" });
}

/** Source: `validateValidatingAdmissionPolicySpec`. */
function validatePolicy(object: ApiObject): FieldError[] {
  const spec = fieldsAt(object, "spec") ?? {};
  const failurePolicy = stringAt(spec, "failurePolicy") ?? "";
  return [
    ...(["Fail", "Ignore"].includes(failurePolicy)
      ? []
      : [notSupported("spec.failurePolicy", failurePolicy, ["Fail", "Ignore"])]),
    ...paramKindErrors(fieldsAt(spec, "paramKind")),
    ...constraintErrors(fieldsAt(spec, "matchConstraints")),
    ...conditionsErrors(listAt(spec, "matchConditions").filter(isFields)),
    ...itemsOf(spec, "variables").flatMap((variable, index) => variableErrors(variable, `spec.variables[${index}]`)),
    ...emptyErrors(spec),
    ...itemsOf(spec, "validations").flatMap((validation, index) =>
      validationErrors(validation, `spec.validations[${index}]`),
    ),
  ];
}

function paramKindErrors(kind: Fields | undefined): FieldError[] {
  if (!kind) return [];
  return ["apiVersion", "kind"]
    .filter((part) => !stringAt(kind, part))
    .map((part) => required(`spec.paramKind.${part}`));
}

function constraintErrors(match: Fields | undefined): FieldError[] {
  const path = "spec.matchConstraints";
  if (!match) return [required(path)];
  if (listAt(match, "resourceRules").length === 0) return [required(`${path}.resourceRules`)];
  return matchErrors(match, path);
}

function matchErrors(match: Fields, path: string): FieldError[] {
  return ["resourceRules", "excludeResourceRules"].flatMap((field) =>
    itemsOf(match, field).flatMap((rule, index) => ruleErrors(rule, `${path}.${field}[${index}]`)),
  );
}

function conditionsErrors(conditions: readonly Fields[]): FieldError[] {
  const seen = new Set<string>();
  return conditions.flatMap((condition, index) => {
    const path = `spec.matchConditions[${index}]`;
    const name = stringAt(condition, "name") ?? "";
    const twice = name !== "" && seen.has(name) ? [duplicate(`${path}.name`, name)] : [];
    seen.add(name);
    return [...conditionErrors(condition, path), ...twice];
  });
}

function variableErrors(variable: Fields, path: string): FieldError[] {
  const name = stringAt(variable, "name") ?? "";
  const isName = /^[A-Za-z_]\w*$/.test(name);
  const nameErrors = name === "" ? [required(`${path}.name`, "name is not specified")] : [];
  return [
    ...nameErrors,
    ...(name === "" || isName ? [] : [invalidValue(`${path}.name`, name, "must be a valid CEL identifier")]),
    ...expressionErrors(variable, path),
  ];
}

function emptyErrors(spec: Fields): FieldError[] {
  const fields = ["validations", "auditAnnotations"];
  if (fields.some((field) => listAt(spec, field).length > 0)) return [];
  return fields.map((field) =>
    required(`spec.${field}`, "validations or auditAnnotations must contain at least one item"),
  );
}

function validationErrors(validation: Fields, path: string): FieldError[] {
  const message = stringAt(validation, "message") ?? "";
  const reason = stringAt(validation, "reason");
  return [
    ...expressionErrors(validation, path),
    ...(message.includes("\n") ? [invalidValue(`${path}.message`, message, "must not contain line breaks")] : []),
    ...(reason === undefined || reasons.includes(reason) ? [] : [notSupported(`${path}.reason`, reason, reasons)]),
  ];
}

function expressionErrors(holder: Fields, path: string): FieldError[] {
  const expression = (stringAt(holder, "expression") ?? "").trim();
  if (expression === "") return [required(`${path}.expression`, "expression is not specified")];
  const { error } = compileCel(expression);
  return error === undefined ? [] : [invalidValue(`${path}.expression`, expression, `compilation failed: ${error}`)];
}

/** ValidatingAdmissionPolicies: what is asked of objects. */
export const policyStrategy: Strategy = { generation: true, defaults: defaultPolicy, validate: validatePolicy };

/** Source: `validateValidatingAdmissionPolicyBindingSpec`. */
function validateBinding(object: ApiObject): FieldError[] {
  const spec = fieldsAt(object, "spec") ?? {};
  return [
    ...(stringAt(spec, "policyName") ? [] : [required("spec.policyName")]),
    ...paramRefErrors(fieldsAt(spec, "paramRef")),
    ...matchErrors(fieldsAt(spec, "matchResources") ?? {}, "spec.matchResources"),
    ...actionErrors(spec["validationActions"]),
  ];
}

function paramRefErrors(reference: Fields | undefined): FieldError[] {
  if (!reference) return [];
  const path = "spec.paramRef";
  const given = ["name", "selector"].filter((part) => reference[part] !== undefined && reference[part] !== "");
  return [
    ...(given.length === 0 ? [required(path, "one of name or selector must be specified")] : []),
    ...(given.length === 2
      ? given.map((part) => forbiddenField(`${path}.${part}`, "name and selector are mutually exclusive"))
      : []),
    ...(reference["parameterNotFoundAction"] ? [] : [required(`${path}.parameterNotFoundAction`)]),
  ];
}

function actionErrors(value: unknown): FieldError[] {
  const path = "spec.validationActions";
  const given = isStrings(value) ? value : [];
  if (given.length === 0) return [required(path, "at least one validation action is required")];
  const single = given.flatMap((action, index) => {
    if (!actions.includes(action)) return [notSupported(`${path}[${index}]`, action, actions)];
    return given.indexOf(action) < index ? [duplicate(`${path}[${index}]`, action)] : [];
  });
  const why =
    "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
  return given.includes("Deny") && given.includes("Warn") ? [...single, invalidValue(path, given, why)] : single;
}

/** ValidatingAdmissionPolicyBindings: where a policy holds, and what follows from it. */
export const policyBindingStrategy: Strategy = {
  generation: true,
  defaults: (object) => within(ensureFields(object, "spec"), "matchResources", defaultMatch),
  validate: validateBinding,
};
