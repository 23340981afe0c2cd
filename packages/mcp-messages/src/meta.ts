import { ErrorCode } from "./error-codes.ts";
import type { Params, RpcError } from "./json-rpc.ts";
import { isRecord } from "./records.ts";

/** Keys of `_meta` that the specification reserves. */
export const MetaKey = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId",
  progressToken: "progressToken",
  traceparent: "traceparent",
  tracestate: "tracestate",
  baggage: "baggage",
} as const;

/** Keys that describe one hop: a proxy that is a peer on both sides ends them on one and mints them on the other. */
const perHopKeys: ReadonlySet<string> = new Set([
  MetaKey.protocolVersion,
  MetaKey.clientCapabilities,
  MetaKey.clientInfo,
  MetaKey.logLevel,
  MetaKey.serverInfo,
  MetaKey.subscriptionId,
]);

/** What a modern request says about its sender. */
export interface ModernMeta {
  readonly protocolVersion: string;
  readonly clientCapabilities: Record<string, unknown>;
  readonly clientInfo?: Record<string, unknown>;
  readonly logLevel?: string;
}

export function metaOf(params: Params | undefined): Record<string, unknown> {
  const meta = params?.["_meta"];
  return isRecord(meta) ? meta : {};
}

/** Whether the request claims to be modern, right or wrong. */
export function claimsModern(params: Params | undefined): boolean {
  return metaOf(params)[MetaKey.protocolVersion] !== undefined;
}

/** Reads the members that every modern request must carry; a missing or malformed one is -32602. */
export function readModernMeta(
  params: Params | undefined,
): { ok: true; meta: ModernMeta } | { ok: false; error: RpcError } {
  const meta = metaOf(params);
  const protocolVersion = meta[MetaKey.protocolVersion];
  const clientCapabilities = meta[MetaKey.clientCapabilities];
  const clientInfo = meta[MetaKey.clientInfo];
  const logLevel = meta[MetaKey.logLevel];
  if (typeof protocolVersion !== "string") return malformed(MetaKey.protocolVersion, "a string");
  if (!isRecord(clientCapabilities)) return malformed(MetaKey.clientCapabilities, "an object");
  return {
    ok: true,
    meta: {
      protocolVersion,
      clientCapabilities,
      ...(isRecord(clientInfo) && { clientInfo }),
      ...(typeof logLevel === "string" && { logLevel }),
    },
  };
}

/** `params` with `_meta` replaced; an empty `_meta` is left out. */
export function withMeta(params: Params | undefined, meta: Record<string, unknown>): Params {
  const { _meta: _, ...rest } = params ?? {};
  return Object.keys(meta).length > 0 ? { ...rest, _meta: meta } : rest;
}

/** The members of `_meta` that travel end to end. */
export function endToEndMeta(params: Params | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metaOf(params)).filter(([key]) => !perHopKeys.has(key)));
}

function malformed(key: string, expected: string): { ok: false; error: RpcError } {
  const message = `Invalid params: _meta["${key}"] must be ${expected}: every request of 2026-07-28 carries it`;
  return { ok: false, error: { code: ErrorCode.invalidParams, message } };
}
