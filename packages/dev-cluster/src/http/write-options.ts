import type { WriteOptions } from "../registry/registry.ts";
import { ApiError, type FieldError } from "../status/api-error.ts";
import { forbiddenField, required, tooLong } from "../status/field-errors.ts";
import type { Fields } from "../store/api-object.ts";
import { isDryRun, optionErrors } from "./decode-body.ts";
import type { Exchange } from "./exchange.ts";

const longestManager = 128;

/** What a write needs to know of its request. @throws ApiError for options that make no sense. */
export function writeOptions(exchange: Exchange, subresource = ""): WriteOptions {
  const given = exchange.query.get("fieldManager") ?? "";
  const errors = managerErrors(given);
  if (errors.length > 0) throw optionErrors(exchange, errors);
  const asked = askedOptions(exchange, ["fieldManager", "fieldValidation"]);
  const { caller, warnings } = exchange;
  const manager = given || userAgentManager(exchange);
  return { caller, manager, dryRun: isDryRun(exchange), subresource, warnings, asked };
}

/** Source: `ValidateFieldManager`. */
function managerErrors(manager: string): FieldError[] {
  const errors = Buffer.byteLength(manager) > longestManager ? [tooLong("fieldManager", longestManager)] : [];
  const position = [...manager].findIndex((character) => /[\p{C}\p{Zl}\p{Zp}]/u.test(character));
  if (position < 0) return errors;
  const number = ([...manager][position]?.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  const quoted = JSON.stringify(manager).replace(/\\u00/g, "\\x");
  const message = `Invalid value: ${quoted}: invalid character U+${number} (at position ${position})`;
  return [...errors, { reason: "FieldValueInvalid", field: "fieldManager", message }];
}

/** The options of a patch that is no apply. */
export function patchOptions(exchange: Exchange, subresource = ""): WriteOptions {
  if (exchange.query.has("force")) {
    throw optionErrors(exchange, [forbiddenField("force", "may not be specified for non-apply patch")]);
  }
  return writeOptions(exchange, subresource);
}

/** Options in the query that admission is told of. */
export function askedOptions(exchange: Exchange, names: readonly string[]): Fields {
  const given = names.map((name) => [name, exchange.query.get(name)] as const).filter(([, value]) => value);
  return { ...(isDryRun(exchange) ? { dryRun: ["All"] } : {}), ...Object.fromEntries(given) };
}

/** The options of an apply, which must name its manager. */
export function applyOptions(exchange: Exchange, subresource = ""): WriteOptions {
  if (!exchange.query.get("fieldManager")) {
    throw optionErrors(exchange, [required("fieldManager", "is required for apply patch")]);
  }
  return writeOptions(exchange, subresource);
}

/** Source: `managerOrUserAgent`: the part before the first slash. */
function userAgentManager(exchange: Exchange): string {
  const agent = (exchange.header("user-agent").split("/")[0] ?? "").replace(/[^\x20-\x7e]/g, "");
  return agent.slice(0, longestManager) || "unknown";
}

/** 415 as the patch endpoints word it. */
export function unsupportedPatchType(): ApiError {
  return new ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
}

/** The same for a patch by merge keys, of which custom kinds have none. */
export function customPatchType(): ApiError {
  const accepted = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
  return new ApiError(415, "UnsupportedMediaType", message);
}
