export {
  assumedLegacyVersion,
  type Era,
  eraOf,
  isSupportedVersion,
  legacyVersions,
  modernVersions,
} from "./eras.ts";
export { ErrorCode } from "./error-codes.ts";
export { EventAssembler, encodeEvent, type ServerSentEvent } from "./event-stream.ts";
export { decodeHeaderValue, encodeHeaderValue } from "./header-values.ts";
export {
  type ErrorResponse,
  errorResponse,
  isErrorResponse,
  isInitialized,
  isNotification,
  isRequest,
  isResponse,
  type Message,
  type Notification,
  notification,
  type Params,
  type Request,
  type RequestId,
  type Response,
  type ResultResponse,
  type RpcError,
  request,
  resultResponse,
} from "./json-rpc.ts";
export { claimsModern, endToEndMeta, MetaKey, type ModernMeta, metaOf, readModernMeta, withMeta } from "./meta.ts";
export { messageFrom, type ParsedMessage, parseMessage } from "./parse-message.ts";
export { isRecord } from "./records.ts";
