import { apiVersionOf } from "@moorage/kube-types";
import type { ApiCore } from "../registry/api-core.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError, badRequest, expired } from "../status/api-error.ts";
import { isFields } from "../store/api-object.ts";
import type { Entry } from "../store/entry.ts";
import { encodeJson } from "../store/json.ts";
import { parseJson } from "./decode-body.ts";
import type { Matcher } from "./selectors.ts";

/** A page of a list. */
export interface ListPage {
  readonly entries: readonly Entry[];
  /** The version of the whole list. */
  readonly version: number;
  readonly continueToken?: string;
  readonly remaining?: number;
}

/** What to list. */
export interface ListRequest {
  readonly info: ResourceInfo;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  readonly matches: Matcher | undefined;
}

interface Position {
  version: number;
  /** The last key of the page before. */
  after: string;
}

/**
 * Lists a page. A list that continues sees the state of its first page, from the watch history.
 *
 * Source: "Resource versions" and "Retrieving large results sets in chunks" of the API concepts.
 * @throws ApiError 410 Expired, 504 for a version of the future, 400 for anything malformed.
 */
export function listPage(core: ApiCore, { info, namespace, query, matches }: ListRequest): ListPage {
  const position = positionOf(query);
  const current = core.store.version;
  const wanted = position?.version ?? exactVersion(query);
  if (wanted === undefined) checkNotTooNew(query, current);
  const prefix = namespace === undefined ? "" : `${namespace}/`;
  const collection = core.store.collection(info.storage);
  const version = wanted ?? current;
  const all = wanted === undefined || wanted >= current ? collection.list(prefix) : collection.listAt(wanted, prefix);
  if (!all) throw tooOld(position, current);
  const rest = position ? all.filter((entry) => entry.key > position.after) : all;
  const matching = matches ? rest.filter((entry) => matches(core.registry.read(info, entry))) : rest;
  return paged(matching, version, {
    limit: limitOf(query),
    counted: matches === undefined,
    last: rest.at(-1)?.key ?? "",
  });
}

function paged(
  matching: readonly Entry[],
  version: number,
  { limit, counted, last }: { limit: number; counted: boolean; last: string },
): ListPage {
  const entries = limit === 0 ? matching : matching.slice(0, limit);
  const after = entries.at(-1)?.key ?? "";
  // A full page is not known to be the last one while there is anything after it, selected or not.
  if (limit === 0 || entries.length < limit || after >= last) return { entries, version };
  const continueToken = Buffer.from(JSON.stringify({ v: tokenVersion, rv: version, start: after })).toString(
    "base64url",
  );
  // With a selector the real server does not know how many are left.
  return { entries, version, continueToken, ...(counted ? { remaining: matching.length - limit } : {}) };
}

function limitOf(query: URLSearchParams): number {
  return Math.max(Number(query.get("limit") ?? 0), 0);
}

function positionOf(query: URLSearchParams): Position | undefined {
  const token = query.get("continue") ?? "";
  if (token === "") return undefined;
  if (!["", "0"].includes(query.get("resourceVersion") ?? "")) {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  return decodeToken(token);
}

const tokenVersion = "meta.k8s.io/v1";

/** Source: `DecodeContinue`. */
function decodeToken(token: string): Position {
  const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  const bad = /[^\w-]/.exec(token)?.index ?? (token.length % 4 === 1 ? token.length - 1 : -1);
  if (bad >= 0) throw refuse(`illegal base64 data at input byte ${bad}`);
  const text = Buffer.from(token, "base64url").toString("utf8");
  const fields = parseJson(text, refuse);
  const { v = "", rv = 0, start = "" } = isFields(fields) ? fields : {};
  if (v !== tokenVersion) throw refuse(`server does not recognize this encoded version ${v}`);
  if (typeof rv !== "number" || rv === 0) {
    throw refuse(`incorrect encoded start resourceVersion (version ${tokenVersion})`);
  }
  if (typeof start !== "string" || start === "") throw refuse(`encoded start key empty (version ${tokenVersion})`);
  if (start.split("/").includes("..")) throw refuse(start);
  return { version: rv, after: start };
}

/** The version that must be shown exactly, if the request asks for one: with a limit, every version is meant so. */
function exactVersion(query: URLSearchParams): number | undefined {
  const version = parseVersion(query.get("resourceVersion") ?? "");
  const match = query.get("resourceVersionMatch") ?? "";
  const isExact = match === "Exact" || (match === "" && limitOf(query) > 0 && version !== 0);
  return isExact ? version : undefined;
}

/** A version parameter, or undefined where there is none. @throws ApiError BadRequest for anything but a number. */
export function parseVersion(text: string): number | undefined {
  if (text === "") return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const detail = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw badRequest(`invalid resource version: ${detail}`);
}

function checkNotTooNew(query: URLSearchParams, current: number): void {
  const version = parseVersion(query.get("resourceVersion") ?? "") ?? 0;
  if (version > current) throw tooNew(version, current);
}

/** The refusal of a version that does not exist yet. */
export function tooNew(version: number, current: number): ApiError {
  return new ApiError(504, "Timeout", `Timeout: Too large resource version: ${version}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

function tooOld(position: Position | undefined, current: number): ApiError {
  if (!position) return expired("The resourceVersion for the provided list is too old.");
  const error = expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  const token = Buffer.from(JSON.stringify({ v: tokenVersion, rv: current, start: position.after })).toString(
    "base64url",
  );
  error.status.metadata = { continue: token };
  return error;
}

/** The list as JSON text, put together from the stored texts. */
export function listJson(core: ApiCore, info: ResourceInfo, page: ListPage): string {
  const metadata = {
    resourceVersion: String(page.version),
    ...continueOf(info, page),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  const head = `{"kind":${JSON.stringify(info.listKind)},"apiVersion":${JSON.stringify(apiVersionOf(info))},"metadata":${encodeJson(metadata)},"items":[`;
  return `${head}${itemTexts(core, info, page.entries).join(",")}]}`;
}

/** Lists of custom kinds have the field even on their last page. */
function continueOf(info: ResourceInfo, { continueToken }: ListPage): { continue?: string } {
  if (continueToken !== undefined) return { continue: continueToken };
  return info.custom ? { continue: "" } : {};
}

/** Items of built-in kinds carry no kind and version of their own, those of custom kinds do. */
function itemTexts(core: ApiCore, info: ResourceInfo, entries: readonly Entry[]): string[] {
  const typeHead = `{"kind":${JSON.stringify(info.kind)},"apiVersion":${JSON.stringify(apiVersionOf(info))},`;
  return entries.map((entry) => {
    // The head tells an entry's version without decoding it: a custom kind's may be older than its storage version.
    const text = entry.json.startsWith(typeHead) ? entry.json : encodeJson(core.registry.read(info, entry));
    return !info.custom && text.startsWith(typeHead) ? `{${text.slice(typeHead.length)}` : text;
  });
}
