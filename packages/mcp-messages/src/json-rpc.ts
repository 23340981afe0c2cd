/** JSON-RPC 2.0 messages as MCP uses them: https://www.jsonrpc.org/specification, ids never null. */

export type RequestId = string | number;
export type Params = Record<string, unknown>;

export interface Request {
  jsonrpc: "2.0";
  id: RequestId;
  method: string;
  params?: Params;
}

export interface Notification {
  jsonrpc: "2.0";
  method: string;
  params?: Params;
}

export interface ResultResponse {
  jsonrpc: "2.0";
  id: RequestId;
  result: Record<string, unknown>;
}

export interface ErrorResponse {
  jsonrpc: "2.0";
  /** Absent where the request could not be read far enough to know it. */
  id?: RequestId;
  error: RpcError;
}

export interface RpcError {
  code: number;
  message: string;
  data?: unknown;
}

export type Response = ResultResponse | ErrorResponse;
export type Message = Request | Notification | Response;

export function isRequest(message: Message): message is Request {
  return "method" in message && "id" in message;
}

export function isNotification(message: Message): message is Notification {
  return "method" in message && !("id" in message);
}

export function isResponse(message: Message): message is Response {
  return !("method" in message);
}

/** Whether it ends a legacy client's handshake; a server may refuse whatever comes before it. */
export function isInitialized(message: Message): boolean {
  return isNotification(message) && message.method === "notifications/initialized";
}

export function isErrorResponse(message: Message): message is ErrorResponse {
  return "error" in message;
}

export function request(id: RequestId, method: string, params?: Params): Request {
  return params ? { jsonrpc: "2.0", id, method, params } : { jsonrpc: "2.0", id, method };
}

export function notification(method: string, params?: Params): Notification {
  return params ? { jsonrpc: "2.0", method, params } : { jsonrpc: "2.0", method };
}

export function resultResponse(id: RequestId, result: Record<string, unknown>): ResultResponse {
  return { jsonrpc: "2.0", id, result };
}

/** `id` is left out where the request's own is not known. */
export function errorResponse(id: RequestId | undefined, error: RpcError): ErrorResponse {
  return id === undefined ? { jsonrpc: "2.0", error } : { jsonrpc: "2.0", id, error };
}
