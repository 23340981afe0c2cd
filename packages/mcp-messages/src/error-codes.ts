/**
 * Error codes of JSON-RPC and of both eras of MCP.
 * -32000 … -32019 belong to implementations (the SDKs' meaning is given), -32020 … -32099 to the specification;
 * our own are outside -32768 … -32000, as 2026-07-28 asks.
 */
export const ErrorCode = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** The SDKs' code for a request that the transport refuses. */
  badRequest: -32000,
  /** The SDKs' code for an unknown session. */
  sessionNotFound: -32001,
  /** Legacy only; 2026-07-28 uses -32602. */
  resourceNotFound: -32002,
  headerMismatch: -32020,
  missingClientCapability: -32021,
  unsupportedProtocolVersion: -32022,
  /** Ours: the server behind the proxy cannot be reached or has died. */
  upstreamUnavailable: 1001,
  /** Ours: the server gave no answer in time. */
  upstreamTimeout: 1002,
  /** Ours: too many requests or sessions. */
  overloaded: 1003,
  /** Ours: a policy refuses the call. */
  denied: 1004,
  /** Ours: no valid credentials. */
  unauthenticated: 1005,
  /** Ours: the client cancelled the request; nobody is expected to read this answer. */
  cancelled: 1006,
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];
