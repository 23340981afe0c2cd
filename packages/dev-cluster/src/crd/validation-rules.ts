import { Optional } from "@marcbachmann/cel-js";
import { compileCel } from "../schema/cel.ts";
import { celValue } from "../schema/cel-value.ts";
import type { TypeSchema, ValidationRule } from "../schema/type-schema.ts";
import type { FieldError } from "../status/api-error.ts";
import { invalidValue } from "../status/field-errors.ts";
import { type Fields, isFields } from "../store/api-object.ts";

/** A value with its state before the change; `old` is undefined on creation and where nothing corresponds. */
interface Change {
  value: unknown;
  old: unknown;
}

/** Whether a schema has rules anywhere; those without cost nothing at a write. */
export function hasRules(schema: TypeSchema): boolean {
  if ((schema.source["x-kubernetes-validations"] ?? []).length > 0) return true;
  return [...schema.fields.values()].some(hasRules) || (schema.element !== undefined && hasRules(schema.element));
}

/** Evaluates every `x-kubernetes-validations` rule. Source: "Validation rules" of the CRD documents. */
export function checkRules(change: Change, schema: TypeSchema, path = ""): FieldError[] {
  const { value, old } = change;
  if (value === undefined || value === null) return [];
  const rules = schema.source["x-kubernetes-validations"] ?? [];
  return [
    ...rules.flatMap((rule) => checkRule(rule, change, { schema, path })),
    ...checkChildren({ value, old }, schema, path),
  ];
}

function checkChildren({ value, old }: Change, schema: TypeSchema, path: string): FieldError[] {
  if (Array.isArray(value)) {
    const { element } = schema;
    if (!element) return [];
    return value.flatMap((item, index) =>
      checkRules({ value: item, old: oldItem(item, old, schema) }, element, `${path}[${index}]`),
    );
  }
  if (!isFields(value)) return [];
  const before = isFields(old) ? old : {};
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  return Object.entries(value).flatMap(([key, child]) => {
    const field = schema.fields.get(key) ?? (schema.kind === "map" ? schema.element : undefined);
    return field ? checkRules({ value: child, old: before[key] }, field, at(key)) : [];
  });
}

/** Only items of lists with keys have a past. */
function oldItem(item: unknown, old: unknown, schema: TypeSchema): unknown {
  if (schema.list !== "map" || !Array.isArray(old) || !isFields(item)) return undefined;
  return old.find((candidate) => isFields(candidate) && schema.listKeys.every((key) => candidate[key] === item[key]));
}

function checkRule(
  rule: ValidationRule,
  { value, old }: Change,
  place: { schema: TypeSchema; path: string },
): FieldError[] {
  const isTransition = /\boldSelf\b/.test(rule.rule);
  if (isTransition && old === undefined && !rule.optionalOldSelf) return [];
  const variables = variablesOf({ value, old }, place.schema, rule);
  const outcome = compileCel(rule.rule, { optionalOldSelf: rule.optionalOldSelf === true }).evaluate(variables);
  if (outcome.ok && outcome.value === true) return [];
  if (outcome.ok) return [ruleError(rule, messageOf(rule, variables), { value, path: place.path })];
  const text = `${outcome.error} evaluating rule: ${rule.message ?? rule.rule}`;
  // What fails is told of with the type of the value.
  return [invalidValue(place.path || "<nil>", place.schema.source.type ?? "", text)];
}

function variablesOf({ value, old }: Change, { source }: TypeSchema, rule: ValidationRule): Fields {
  const self = celValue(value, source);
  const oldSelf = old === undefined ? undefined : celValue(old, source);
  if (rule.optionalOldSelf) return { self, oldSelf: Optional.of(oldSelf) };
  return oldSelf === undefined ? { self } : { self, oldSelf };
}

function messageOf(
  { rule, message, messageExpression, optionalOldSelf = false }: ValidationRule,
  variables: Fields,
): string {
  if (messageExpression) {
    const outcome = compileCel(messageExpression, { optionalOldSelf }).evaluate(variables);
    if (outcome.ok && typeof outcome.value === "string" && outcome.value.trim() !== "") return outcome.value;
  }
  return message ?? `failed rule: ${rule}`;
}

const reasons = ["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"] as const;

function ruleError(rule: ValidationRule, text: string, { value, path }: { value: unknown; path: string }): FieldError {
  const field = (path + (rule.fieldPath ?? "")).replace(/^\./, "") || "<nil>";
  const reason = reasons.find((known) => known === rule.reason) ?? "FieldValueInvalid";
  if (reason === "FieldValueForbidden") return { reason, field, message: `Forbidden: ${text}` };
  if (reason === "FieldValueRequired") return { reason, field, message: `Required value: ${text}` };
  // Whole objects are too long for a message.
  const shown = isFields(value) || Array.isArray(value) ? "" : `${JSON.stringify(value)}: `;
  if (reason === "FieldValueDuplicate")
    return { reason, field, message: `Duplicate value${shown === "" ? "" : `: ${shown.slice(0, -2)}`}` };
  return { reason, field, message: `Invalid value: ${shown}${text}` };
}
