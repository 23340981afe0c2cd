import { type Fields, isFields } from "../store/api-object.ts";
import { goTime, TimeError } from "./go-time.ts";
import { canonicalQuantity } from "./quantity.ts";
import type { TypeSchema } from "./type-schema.ts";

/** A value of a JSON type that the Go type at its place cannot hold; the message is Go's. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/**
 * Brings an object of a built-in kind into the form that decoding it into Go's types and encoding it again gives:
 * unknown fields, nulls and empty lists and maps are gone, quantities are canonical. Changes `value` in place.
 *
 * In the form `as sent` only unknown fields go: an applied configuration owns what it says, in its own words.
 * Returns the paths of unknown fields.
 * @throws DecodeError for a value of the wrong JSON type.
 */
export function decodeBuiltIn(value: unknown, schema: TypeSchema, form: "stored" | "as sent" = "stored"): string[] {
  const unknown: string[] = [];
  decode(value, schema, { goStruct: schema.goName, path: "", goPath: "", unknown, asSent: form === "as sent" });
  return unknown;
}

interface Place {
  /** The Go struct that the value is a field of, and the path without indexes: how Go names a place. */
  goStruct: string;
  goPath: string;
  /** The path with indexes: how strict decoding names a place. */
  path: string;
  unknown: string[];
  asSent: boolean;
}

function decode(value: unknown, schema: TypeSchema, place: Place): unknown {
  switch (schema.kind) {
    case "struct":
      return decodeStruct(value, schema, place);
    case "map":
      return decodeMap(value, schema, place);
    case "list":
      return decodeList(value, schema, place);
    default:
      return decodeScalar(value, schema, place);
  }
}

function decodeStruct(value: unknown, schema: TypeSchema, place: Place): unknown {
  if (!isFields(value)) throw mismatch(value, `v1.${schema.goName}`, place);
  for (const key of Object.keys(value)) {
    const field = schema.fields.get(key);
    const path = place.path === "" ? key : `${place.path}.${key}`;
    if (!field) {
      place.unknown.push(path);
      delete value[key];
      continue;
    }
    const goPath = place.goPath === "" ? key : `${place.goPath}.${key}`;
    decodeField(value, { key, field, schema }, { ...place, goStruct: schema.goName, goPath, path });
  }
  if (!place.asSent) fillValueFields(value, schema);
  return value;
}

function decodeField(
  parent: Fields,
  { key, field, schema }: { key: string; field: TypeSchema; schema: TypeSchema },
  place: Place,
): void {
  const item = parent[key];
  if (item === null && place.asSent) return;
  const kept = item === null ? undefined : decode(item, field, place);
  const isDropped = kept === undefined || (!place.asSent && isOmitted(kept, field, schema.required.includes(key)));
  if (isDropped) delete parent[key];
  else parent[key] = kept;
}

/** Go writes structs that are no pointers, and scalars without `omitempty`, whether they were sent or not. */
function fillValueFields(parent: Fields, schema: TypeSchema): void {
  for (const [key, field] of schema.fields) {
    if (parent[key] !== undefined || field.default === undefined) continue;
    if (field.kind === "struct") {
      const filled: Fields = {};
      fillValueFields(filled, field);
      parent[key] = filled;
    } else if (typeof field.default !== "object") parent[key] = field.default;
  }
}

/** Go's `omitempty` on lists and maps; the empty object of a struct says something and stays. */
function isOmitted(value: unknown, schema: TypeSchema, required: boolean): boolean {
  if (required) return false;
  if (schema.kind === "list") return Array.isArray(value) && value.length === 0;
  return schema.kind === "map" && isFields(value) && Object.keys(value).length === 0;
}

function decodeMap(value: unknown, schema: TypeSchema, place: Place): unknown {
  if (!isFields(value)) throw mismatch(value, `map[string]${goTypeOf(schema.element)}`, place);
  const element = schema.element;
  if (!element) return value;
  for (const [key, item] of Object.entries(value)) {
    // A null in a map of strings becomes Go's zero value.
    value[key] = item === null ? zeroOf(element) : decode(item, element, { ...place, path: `${place.path}.${key}` });
  }
  return value;
}

function zeroOf(schema: TypeSchema): unknown {
  return schema.kind === "string" ? "" : null;
}

function decodeList(value: unknown, schema: TypeSchema, place: Place): unknown {
  if (!Array.isArray(value)) throw mismatch(value, `[]${goTypeOf(schema.element)}`, place);
  const element = schema.element;
  if (!element) return value;
  return value.map((item, index) =>
    item === null && element.kind === "struct" && !place.asSent
      ? {}
      : decode(item, element, { ...place, path: `${place.path}[${index}]` }),
  );
}

function decodeScalar(value: unknown, schema: TypeSchema, place: Place): unknown {
  if (schema.kind === "quantity") return place.asSent ? value : decodeQuantity(value);
  if (schema.kind === "time" && typeof value === "string") return decodeTime(value, schema, place);
  if (fits(value, schema)) return value;
  throw mismatch(value, schema.goName || goTypeOf(schema), place);
}

function fits(value: unknown, schema: TypeSchema): boolean {
  switch (schema.kind) {
    case "string":
    case "time":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return typeof value === "number" && Number.isInteger(value) && (schema.goName !== "int32" || isInt32(value));
    case "number":
      return typeof value === "number";
    case "intOrString":
      return typeof value === "string" || Number.isInteger(value);
    default:
      return true;
  }
}

function isInt32(value: number): boolean {
  return value >= -(2 ** 31) && value < 2 ** 31;
}

function decodeTime(value: string, schema: TypeSchema, { asSent }: Place): unknown {
  if (value === "") return null;
  try {
    const time = goTime(value, schema.goName === "MicroTime" ? "microseconds" : "seconds");
    return asSent ? value : time;
  } catch (error) {
    if (!(error instanceof TimeError)) throw error;
    throw new DecodeError(error.message);
  }
}

function decodeQuantity(value: unknown): unknown {
  const canonical = canonicalQuantity(String(value));
  if (canonical !== undefined) return canonical;
  throw new DecodeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

function goTypeOf(schema: TypeSchema | undefined): string {
  if (!schema) return "interface {}";
  if (schema.kind === "struct") return `v1.${schema.goName}`;
  if (schema.kind === "list") return `[]${goTypeOf(schema.element)}`;
  if (schema.kind === "map") return `map[string]${goTypeOf(schema.element)}`;
  return schema.goName || schema.kind;
}

function mismatch(value: unknown, goType: string, place: Place): DecodeError {
  const at = `Go struct field ${place.goStruct}.${place.goPath} of type ${goType}`;
  return new DecodeError(`json: cannot unmarshal ${jsonTypeOf(value, goType)} into ${at}`);
}

function jsonTypeOf(value: unknown, goType: string): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return goType.startsWith("int") ? `number ${value}` : "number";
  return typeof value === "boolean" ? "bool" : typeof value;
}
