import { pruneCustomObject } from "../crd/prune.ts";
import { DecodeError, decodeBuiltIn } from "../schema/decode-built-in.ts";
import { badRequest } from "../status/api-error.ts";
import { type ApiObject, type Fields, isApiObject, isFields } from "../store/api-object.ts";
import type { ResourceInfo } from "./resource-info.ts";

/** What happens with fields that a kind does not have. */
export type FieldValidation = "Ignore" | "Strict" | "Warn";

/** An object in stored form, and the fields that were dropped on the way. */
export interface DecodedObject {
  readonly object: ApiObject;
  readonly unknownFields: readonly string[];
}

/**
 * Brings received fields into the form that objects of the resource are stored in; `as sent`, only unknown fields go.
 * Takes ownership of `fields`.
 */
export function decodeForResource(
  info: ResourceInfo,
  fields: Fields,
  form: "stored" | "as sent" = "stored",
): DecodedObject {
  if (!isFields(fields["metadata"])) {
    if (fields["metadata"] !== undefined && fields["metadata"] !== null) {
      const value = Array.isArray(fields["metadata"]) ? "array" : typeof fields["metadata"];
      const why = `json: cannot unmarshal ${value} into Go struct field ${info.kind}.metadata of type v1.ObjectMeta`;
      throw badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${why}`);
    }
    fields["metadata"] = {};
  }
  const unknownFields = info.custom ? decodeCustom(info, fields) : decodeTyped(info, fields, form);
  if (!isApiObject(fields)) throw badRequest("apiVersion, kind and metadata are required");
  return { object: fields, unknownFields };
}

function decodeTyped(info: ResourceInfo, fields: Fields, form: "stored" | "as sent"): string[] {
  try {
    const unknown = decodeBuiltIn(fields, info.schema, form);
    if (info.storage === "secrets") checkBase64(fields["data"]);
    fields["metadata"] ??= {};
    return unknown;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${error.message}`);
  }
}

function checkBase64(data: unknown): void {
  if (!isFields(data)) return;
  for (const value of Object.values(data)) {
    const bad = /[^A-Za-z0-9+/=\r\n]/.exec(String(value));
    if (bad) throw new DecodeError(`illegal base64 data at input byte ${bad.index}`);
  }
}

function decodeCustom(info: ResourceInfo, fields: Fields): string[] {
  try {
    return pruneCustomObject(fields, info.schema);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${error.message}`);
  }
}
