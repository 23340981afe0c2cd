import type { Status, StatusDetails } from "@moorage/kube-types";

/** What went wrong, beyond what the server can say itself: the request never got a usable answer. */
export const connectionFailed = "ConnectionFailed";
/** The server's answer was not what the API promises: no JSON, too large, or an undecodable watch line. */
export const malformedResponse = "MalformedResponse";

interface Failure {
  /** HTTP status; 0 when there was no answer. */
  code: number;
  /** `metav1.StatusReason`, or `ConnectionFailed`, or `MalformedResponse`. */
  reason: string;
  details?: StatusDetails | undefined;
  /** How long the server asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/**
 * Every failure of a call to an API server.
 *
 * The message says what was tried and what the server answered:
 * `Cannot get Deployment "default/web": deployments.apps "web" not found`.
 */
export class KubeApiError extends Error {
  /** HTTP status code; 0 when the server could not be reached or broke off. */
  readonly code: number;
  /** Machine-readable word: a `metav1.StatusReason`, or one of this package's two. */
  readonly reason: string;
  /** Which object and which of its fields, where the server says so. */
  readonly details: StatusDetails | undefined;
  /** How long the server asks to wait before another try, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, failure: Failure) {
    super(message, { cause: failure.cause });
    this.name = "KubeApiError";
    this.code = failure.code;
    this.reason = failure.reason;
    this.details = failure.details;
    this.retryAfterMs = failure.retryAfterMs;
  }

  /** The error that a `Status` object (an answer or a watch's ERROR event) stands for. */
  static fromStatus(attempt: string, status: Status, retryAfterMs?: number): KubeApiError {
    const seconds = status.details?.retryAfterSeconds;
    return new KubeApiError(`${attempt}: ${status.message || status.reason || `HTTP ${status.code}`}`, {
      code: status.code,
      reason: status.reason || reasonOf(status.code),
      details: status.details,
      retryAfterMs: retryAfterMs ?? (seconds ? seconds * 1000 : undefined),
    });
  }
}

const reasons: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  410: "Expired",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** The reason that goes with an HTTP status whose body names none, for example a load balancer's. */
export function reasonOf(code: number): string {
  return reasons[code] ?? (code >= 500 ? "InternalError" : "Unknown");
}

function has(error: unknown, holds: (error: KubeApiError) => boolean): error is KubeApiError {
  return error instanceof KubeApiError && holds(error);
}

/** The object (or its kind) does not exist. */
export const isNotFound = (error: unknown): error is KubeApiError => has(error, (e) => e.code === 404);
/** An object of that name exists already. */
export const isAlreadyExists = (error: unknown): error is KubeApiError =>
  has(error, (e) => e.reason === "AlreadyExists");
/** The object changed since it was read, or another manager owns a field, or a precondition does not hold. */
export const isConflict = (error: unknown): error is KubeApiError =>
  has(error, (e) => e.code === 409 && e.reason !== "AlreadyExists");
/** The resourceVersion or the continue token is too old to be served: list again. */
export const isGone = (error: unknown): error is KubeApiError =>
  has(error, (e) => e.code === 410 || e.reason === "Expired" || e.reason === "Gone");
/** The object does not validate, or a field is not known. */
export const isInvalid = (error: unknown): error is KubeApiError => has(error, (e) => e.code === 422);
/** The credentials may not do that (RBAC, admission, quota). */
export const isForbidden = (error: unknown): error is KubeApiError => has(error, (e) => e.code === 403);
/** The credentials are missing, wrong or expired. */
export const isUnauthorized = (error: unknown): error is KubeApiError => has(error, (e) => e.code === 401);
/** The server is too busy; `retryAfterMs` says for how long, if it said so. */
export const isTooManyRequests = (error: unknown): error is KubeApiError => has(error, (e) => e.code === 429);
/** The server could not be reached, or the connection broke before the answer was complete. */
export const isConnectionFailed = (error: unknown): error is KubeApiError =>
  has(error, (e) => e.reason === connectionFailed);
/** The asked resourceVersion lies in the server's future: another replica, or a restored backup. */
export const isTooLargeResourceVersion = (error: unknown): error is KubeApiError =>
  has(error, (e) => (e.details?.causes ?? []).some((cause) => cause.reason === "ResourceVersionTooLarge"));
