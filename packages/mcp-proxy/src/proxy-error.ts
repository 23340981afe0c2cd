import { ErrorCode, type RequestId } from "@moorage/mcp-messages";

/** Every way in which we refuse or fail a call, with the HTTP status and the JSON-RPC code that say so. */
const answers = {
  ParseError: { status: 400, code: ErrorCode.parseError },
  InvalidRequest: { status: 400, code: ErrorCode.invalidRequest },
  InvalidParams: { status: 400, code: ErrorCode.invalidParams },
  HeaderMismatch: { status: 400, code: ErrorCode.headerMismatch },
  MissingCapability: { status: 400, code: ErrorCode.missingClientCapability },
  UnsupportedVersion: { status: 400, code: ErrorCode.unsupportedProtocolVersion },
  SessionRequired: { status: 400, code: ErrorCode.badRequest },
  SessionNotFound: { status: 404, code: ErrorCode.sessionNotFound },
  NotFound: { status: 404, code: ErrorCode.badRequest },
  MethodNotFound: { status: 404, code: ErrorCode.methodNotFound },
  MethodNotAllowed: { status: 405, code: ErrorCode.badRequest },
  NotAcceptable: { status: 406, code: ErrorCode.badRequest },
  Conflict: { status: 409, code: ErrorCode.badRequest },
  TooLarge: { status: 413, code: ErrorCode.badRequest },
  UnsupportedMediaType: { status: 415, code: ErrorCode.badRequest },
  OriginForbidden: { status: 403, code: ErrorCode.badRequest },
  HostForbidden: { status: 403, code: ErrorCode.badRequest },
  Unauthenticated: { status: 401, code: ErrorCode.unauthenticated },
  Denied: { status: 403, code: ErrorCode.denied },
  /** A tool that this client cannot see does not exist for it: the answer of a server that lacks the tool. */
  ToolNotFound: { status: 200, code: ErrorCode.invalidParams },
  Overloaded: { status: 429, code: ErrorCode.overloaded },
  /** Nothing has been sent to the server, so the client may try again. */
  Unavailable: { status: 503, code: ErrorCode.upstreamUnavailable },
  // The call may have had effects: the answer of a finished exchange, with an error inside.
  ServerLost: { status: 200, code: ErrorCode.upstreamUnavailable },
  ServerTimeout: { status: 200, code: ErrorCode.upstreamTimeout },
  Cancelled: { status: 200, code: ErrorCode.cancelled },
  AnswerTooLarge: { status: 200, code: ErrorCode.internalError },
  Internal: { status: 500, code: ErrorCode.internalError },
} as const;

export type ProxyErrorCode = keyof typeof answers;

export interface ProxyErrorDetails {
  /** The id of the message at fault, where it could be read. */
  readonly id?: RequestId | undefined;
  readonly data?: unknown;
  readonly retryAfterSeconds?: number;
  /** More response headers, for example `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** Nobody was there to take the call: it may be tried again as soon as someone is. */
  readonly absent?: boolean;
}

/** The one error of this package: a call was refused or failed, and `message` tells the client why. */
export class ProxyError extends Error {
  readonly code: ProxyErrorCode;
  readonly details: ProxyErrorDetails;

  constructor(code: ProxyErrorCode, message: string, details: ProxyErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = "ProxyError";
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return answers[this.code].status;
  }

  get rpcCode(): number {
    return answers[this.code].code;
  }
}
