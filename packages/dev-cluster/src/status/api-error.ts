import type { Status, StatusCause, StatusDetails } from "@moorage/kube-types";

/** A refusal as the API server words it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: Status;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(details ? { details } : {}),
      code,
    };
  }

  get code(): number {
    return this.status.code;
  }

  get reason(): string {
    return this.status.reason ?? "";
  }
}

/** Whether an error is a refusal of the given reason (`NotFound`, `Conflict` …). */
export function isRefusal(error: unknown, reason: string): boolean {
  return error instanceof ApiError && error.reason === reason;
}

/** What messages need to know of a resource. */
export interface Named {
  readonly group: string;
  readonly plural: string;
}

function qualified({ group, plural }: Named): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function detailsOf(resource: Named, name: string): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.plural,
  };
}

export function notFound(resource: Named, name: string): ApiError {
  return new ApiError(404, "NotFound", `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));
}

export function alreadyExists(resource: Named, name: string): ApiError {
  const message = `${qualified(resource)} "${name}" already exists`;
  return new ApiError(409, "AlreadyExists", message, detailsOf(resource, name));
}

export function conflict(resource: Named, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new ApiError(409, "Conflict", message, detailsOf(resource, name));
}

/** The conflict that every client retries: the object has changed since it was read. */
export function staleVersion(resource: Named, name: string): ApiError {
  const why = "the object has been modified; please apply your changes to the latest version and try again";
  return conflict(resource, name, why);
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}

/** Source: `NewRequestEntityTooLargeError`. */
export function tooLarge(what: string): ApiError {
  return new ApiError(413, "RequestEntityTooLarge", `Request entity too large: ${what}`);
}

export function forbidden(resource: Named, name: string, why: string): ApiError {
  const subject = name === "" ? qualified(resource) : `${qualified(resource)} "${name}"`;
  return new ApiError(403, "Forbidden", `${subject} is forbidden: ${why}`, detailsOf(resource, name));
}

export function methodNotSupported(resource: Named, verb: string): ApiError {
  const message = `${verb} is not supported on resources of kind "${qualified(resource)}"`;
  return new ApiError(405, "MethodNotAllowed", message, detailsOf(resource, ""));
}

export function expired(message: string): ApiError {
  return new ApiError(410, "Expired", message);
}

/** One thing wrong with one field. */
export interface FieldError {
  reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueNotSupported"
    | "FieldValueDuplicate"
    | "FieldValueForbidden"
    | "FieldValueTypeInvalid"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueNotFound";
  field: string;
  /** The text after the field's path. */
  message: string;
}

/** What a kind is called in the head of a validation message. */
export interface InvalidSubject {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** The 422 answer that lists every field error, worded as `field.ErrorList.ToAggregate` does. */
export function invalid({ group, kind, name }: InvalidSubject, errors: readonly FieldError[]): ApiError {
  const lines = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  const all = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  const causes: StatusCause[] = errors.map(({ reason, message, field }) => ({ reason, message, field }));
  const qualifiedKind = group === "" ? kind : `${kind}.${group}`;
  return new ApiError(422, "Invalid", `${qualifiedKind} ${JSON.stringify(name)} is invalid: ${all}`, {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    ...(kind === "" ? {} : { kind }),
    causes,
  });
}
