import { equalJson } from "@moorage/kube-types";
import type { JsonSchema } from "../schema/type-schema.ts";
import type { FieldError } from "../status/api-error.ts";
import {
  duplicate,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from "../status/field-errors.ts";
import { isFields } from "../store/api-object.ts";
import { formatFault } from "./formats.ts";
import { patternOf } from "./patterns.ts";

/** Checks a value against a CRD's schema; the messages are those of kube-openapi's validator. */
export function validateValue(value: unknown, schema: JsonSchema, path: string): FieldError[] {
  if (value === null && schema.nullable) return [];
  const typeError = checkType(value, schema, path);
  if (typeError) return [typeError];
  return [
    ...enumErrors(value, schema, path),
    ...(typeof value === "string" ? stringErrors(value, schema, path) : []),
    ...(typeof value === "number" ? numberErrors(value, schema, path) : []),
    ...(Array.isArray(value) ? listErrors(value, schema, path) : []),
    ...(isFields(value) ? objectErrors(value, schema, path) : []),
    ...combinationErrors(value, schema, path),
  ];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function checkType(value: unknown, schema: JsonSchema, path: string): FieldError | undefined {
  const actual = typeOf(value);
  if (schema["x-kubernetes-int-or-string"]) {
    return actual === "integer" || actual === "string" ? undefined : wrongType(path, actual, "integer,string");
  }
  const wanted = schema.type;
  if (wanted === undefined || wanted === actual || (wanted === "number" && actual === "integer")) return undefined;
  return wrongType(path, actual, wanted);
}

function wrongType(path: string, actual: string, wanted: string): FieldError {
  return typeInvalid(path, actual, `${path} in body must be of type ${wanted}: ${JSON.stringify(actual)}`);
}

function enumErrors(value: unknown, { enum: allowed }: JsonSchema, path: string): FieldError[] {
  return allowed === undefined || allowed.some((item) => equalJson(item, value))
    ? []
    : [notSupported(path, value, allowed)];
}

function stringErrors(value: string, schema: JsonSchema, path: string): FieldError[] {
  const { minLength, maxLength, pattern, format } = schema;
  const length = [...value].length;
  const errors: FieldError[] = [];
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
  if (minLength !== undefined && length < minLength) {
    errors.push(invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`));
  }
  if (pattern !== undefined && !patternOf(pattern).test(value)) {
    errors.push(invalidValue(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format !== undefined && formatFault(format, value)) {
    errors.push(typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
  }
  return errors;
}

function numberErrors(value: number, schema: JsonSchema, path: string): FieldError[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const fault = (text: string) => invalidValue(path, value, `${path} in body should be ${text}`);
  const errors: FieldError[] = [];
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    errors.push(fault(exclusiveMaximum ? `less than ${maximum}` : `less than or equal to ${maximum}`));
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    errors.push(fault(exclusiveMinimum ? `greater than ${minimum}` : `greater than or equal to ${minimum}`));
  }
  if (multipleOf && !Number.isInteger(value / multipleOf)) errors.push(fault(`a multiple of ${multipleOf}`));
  return errors;
}

function listErrors(list: unknown[], schema: JsonSchema, path: string): FieldError[] {
  const { minItems, maxItems, items } = schema;
  const errors: FieldError[] = [];
  if (minItems !== undefined && list.length < minItems) {
    errors.push(invalidValue(path, list.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && list.length > maxItems) errors.push(tooMany(path, list.length, maxItems));
  if (items) errors.push(...list.flatMap((item, index) => validateValue(item, items, `${path}[${index}]`)));
  return [...errors, ...duplicateErrors(list, schema, path)];
}

/** Sets and lists with keys hold each item once. */
function duplicateErrors(list: unknown[], schema: JsonSchema, path: string): FieldError[] {
  const type = schema["x-kubernetes-list-type"];
  if (type !== "set" && type !== "map") return [];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const identity = (item: unknown): unknown =>
    type === "map" && isFields(item)
      ? Object.fromEntries(keys.filter((key) => key in item).map((key) => [key, item[key]]))
      : item;
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const text = JSON.stringify(identity(item));
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, identity(item))];
    seen.add(text);
    return [];
  });
}

function objectErrors(object: Record<string, unknown>, schema: JsonSchema, path: string): FieldError[] {
  const { properties = {}, additionalProperties, minProperties, maxProperties } = schema;
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  const count = Object.keys(object).length;
  const errors: FieldError[] = [];
  if (maxProperties !== undefined && count > maxProperties) errors.push(tooMany(path, count, maxProperties));
  if (minProperties !== undefined && count < minProperties) {
    errors.push(invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`));
  }
  errors.push(...(schema.required ?? []).filter((key) => object[key] === undefined).map((key) => required(at(key))));
  for (const [key, value] of Object.entries(object)) {
    const field = properties[key] ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    if (field && !(path === "" && key === "metadata")) errors.push(...validateValue(value, field, at(key)));
  }
  return errors;
}

function combinationErrors(value: unknown, schema: JsonSchema, path: string): FieldError[] {
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const fits = (part: JsonSchema) => validateValue(value, part, path).length === 0;
  const errors = allOf.flatMap((part) => validateValue(value, part, path));
  if (anyOf.length > 0 && !anyOf.some(fits)) errors.push(unmatched(path, "must validate at least one schema (anyOf)"));
  if (oneOf.length > 0) {
    const matching = oneOf.filter(fits).length;
    const found = matching === 0 ? "Found none valid" : `Found ${matching} valid alternatives`;
    if (matching !== 1) errors.push(unmatched(path, `must validate one and only one schema (oneOf). ${found}`));
  }
  if (not && fits(not)) errors.push(unmatched(path, "must not validate the schema (not)"));
  return errors;
}

function unmatched(path: string, what: string): FieldError {
  return {
    reason: "FieldValueInvalid",
    field: path === "" ? "<nil>" : path,
    message: `Invalid value: "": ${JSON.stringify(path)} ${what}`,
  };
}
