import { ErrorCode } from "./error-codes.ts";
import {
  errorResponse,
  type Message,
  notification,
  type RequestId,
  type RpcError,
  request,
  resultResponse,
} from "./json-rpc.ts";
import { isRecord } from "./records.ts";

/** A message, or the JSON-RPC error that the sender of the text should get. */
export type ParsedMessage = { ok: true; message: Message } | { ok: false; error: RpcError; id?: RequestId };

/**
 * Parses one JSON-RPC message. Never throws. Batches are refused: MCP had them in 2025-03-26 only,
 * and they were removed in 2025-06-18. Members that JSON-RPC does not define are kept.
 */
export function parseMessage(text: string): ParsedMessage {
  const json = parseJson(text);
  return json.ok
    ? messageFrom(json.value)
    : { ok: false, error: { code: ErrorCode.parseError, message: json.problem } };
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false; problem: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, problem: `Parse error: ${error instanceof Error ? error.message : error}` };
  }
}

/** As `parseMessage`, of text that has been parsed as JSON before. */
export function messageFrom(value: unknown): ParsedMessage {
  if (Array.isArray(value)) return invalid("JSON-RPC batches are not supported: send one message per request");
  if (!isRecord(value)) return invalid("The message is not a JSON object");
  const { id, method } = value;
  if (method === undefined) return responseFrom(value);
  if (!isId(id)) return invalid(`"id" must be a string or a number, but is ${JSON.stringify(id).slice(0, 100)}`);
  return callFrom(value, id);
}

function callFrom(value: Record<string, unknown>, id: RequestId | undefined): ParsedMessage {
  const { method, params } = value;
  if (value["jsonrpc"] !== "2.0") return invalid('"jsonrpc" must be "2.0"', id);
  if (typeof method !== "string") return invalid('"method" must be a string', id);
  if (params !== undefined && !isRecord(params)) return invalid('"params" must be an object', id);
  return { ok: true, message: id === undefined ? notification(method, params) : request(id, method, params) };
}

function responseFrom(value: Record<string, unknown>): ParsedMessage {
  const { result, error } = value;
  // JSON-RPC answers with a null id where it could not read the request's.
  const id = value["id"] ?? undefined;
  if (!isId(id)) return invalid(`"id" must be a string or a number, but is ${JSON.stringify(id).slice(0, 100)}`);
  if (value["jsonrpc"] !== "2.0") return invalid('"jsonrpc" must be "2.0"', id);
  if (error !== undefined) {
    if (!isRpcError(error)) return invalid('"error" must be an object with a number "code" and a string "message"', id);
    return { ok: true, message: errorResponse(id, error) };
  }
  if (result === undefined) return invalid('The message has neither "method" nor "result" nor "error"', id);
  if (id === undefined) return invalid('A result needs the "id" of its request');
  if (!isRecord(result)) return invalid('"result" must be an object', id);
  return { ok: true, message: resultResponse(id, result) };
}

function invalid(message: string, id?: RequestId): ParsedMessage {
  const error = { code: ErrorCode.invalidRequest, message: `Invalid Request: ${message}` };
  return id === undefined ? { ok: false, error } : { ok: false, error, id };
}

function isId(id: unknown): id is RequestId | undefined {
  return id === undefined || typeof id === "string" || typeof id === "number";
}

function isRpcError(error: unknown): error is RpcError {
  return isRecord(error) && typeof error["code"] === "number" && typeof error["message"] === "string";
}
