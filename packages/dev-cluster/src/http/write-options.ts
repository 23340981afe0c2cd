import type { WriteOptions } from "../registry/registry.ts";
import { ApiError, badRequest, invalid } from "../status/api-error.ts";
import { required } from "../status/field-errors.ts";
import type { Fields } from "../store/api-object.ts";
import { isDryRun } from "./decode-body.ts";
import type { Exchange } from "./exchange.ts";

const longestManager = 128;

/** What a write needs to know of its request. @throws ApiError for options that make no sense. */
export function writeOptions(exchange: Exchange, subresource = ""): WriteOptions {
  const manager = exchange.query.get("fieldManager") || userAgentManager(exchange);
  if (manager.length > longestManager)
    throw badRequest(`fieldManager is invalid: must have at most ${longestManager} characters`);
  const asked = askedOptions(exchange, ["fieldManager", "fieldValidation"]);
  const { caller, warnings } = exchange;
  return { caller, manager, dryRun: isDryRun(exchange), subresource, warnings, asked };
}

/** Options in the query that admission is told of. */
export function askedOptions(exchange: Exchange, names: readonly string[]): Fields {
  const given = names.map((name) => [name, exchange.query.get(name)] as const).filter(([, value]) => value);
  return { ...(isDryRun(exchange) ? { dryRun: ["All"] } : {}), ...Object.fromEntries(given) };
}

/** The options of an apply, which must name its manager. */
export function applyOptions(exchange: Exchange, subresource = ""): WriteOptions {
  if (!exchange.query.get("fieldManager")) {
    throw invalid({ group: "meta.k8s.io", kind: "PatchOptions", name: "" }, [
      required("fieldManager", "is required for apply patch"),
    ]);
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
