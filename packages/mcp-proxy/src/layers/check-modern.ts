import {
  decodeHeaderValue,
  isRequest,
  isResponse,
  modernVersions,
  type Request,
  readModernMeta,
} from "@moorage/mcp-messages";
import type { Layer, MessageCall } from "../call.ts";
import { ProxyError } from "../proxy-error.ts";

/** Methods that 2026-07-28 removed. */
const removed = new Set(["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"]);
const nameParams: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
};

/**
 * Holds modern requests to what 2026-07-28 asks of them, so that all behind can trust it: `_meta` complete, version
 * known, headers and body agree, no removed method. Legacy calls pass.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
export const checkModern: Layer = (next) => async (call) => {
  if (call.kind !== "message" || call.era !== "modern") return next(call);
  const { message } = call.frame;
  if (isResponse(message)) throw new ProxyError("InvalidRequest", "Clients of 2026-07-28 send no responses");
  // The only notification would cancel a request, which over HTTP is done by closing its stream.
  if (!isRequest(message)) return { status: 202 };
  checkRequest(call, message);
  return next(call);
};

function checkRequest(call: MessageCall, message: Request): void {
  const read = readModernMeta(message.params);
  if (!read.ok) throw new ProxyError("InvalidParams", read.error.message);
  const { protocolVersion } = read.meta;
  if (call.transport === "streamable-http") checkHeaders(call, message, protocolVersion);
  if (!modernVersions.some((known) => known === protocolVersion)) {
    throw new ProxyError(
      "UnsupportedVersion",
      `The protocol version ${JSON.stringify(protocolVersion)} is not supported`,
      {
        data: { supported: modernVersions, requested: protocolVersion },
      },
    );
  }
  if (removed.has(message.method)) {
    throw new ProxyError("MethodNotFound", `Method not found: ${message.method} was removed in 2026-07-28`);
  }
}

function checkHeaders({ headers }: MessageCall, message: Request, protocolVersion: string): void {
  checkHeader("MCP-Protocol-Version", headers["mcp-protocol-version"], protocolVersion);
  checkHeader("Mcp-Method", headers["mcp-method"], message.method);
  const param = nameParams[message.method];
  const name = param && message.params?.[param];
  if (typeof name === "string") checkHeader("Mcp-Name", headers["mcp-name"], name);
}

function checkHeader(header: string, value: string | string[] | undefined, expected: string): void {
  const given = typeof value === "string" ? decodeHeaderValue(value.trim()) : undefined;
  if (given === expected) return;
  const found = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
  throw new ProxyError(
    "HeaderMismatch",
    `The header ${header} ${found}, but the body says ${JSON.stringify(expected)}`,
  );
}
