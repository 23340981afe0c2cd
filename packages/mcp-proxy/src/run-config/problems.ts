import type { TLocalizedValidationError } from "typebox/error";

/** One thing that is wrong with a document. */
export interface Problem {
  /** Path of the field, for example `limits.inFlight`; empty for the document itself. */
  readonly field: string;
  /** A sentence with the field, its value and what is accepted. */
  readonly text: string;
}

/** Turns schema errors into sentences; `prefix` is the path of `value` inside its document. */
export function describeProblems(errors: Iterable<TLocalizedValidationError>, value: unknown, prefix = ""): Problem[] {
  const problems = new Map<string, Problem>();
  const all = [...errors];
  const choices = Object.groupBy(all.filter(isConstError), ({ instancePath }) => instancePath);
  for (const error of all) {
    const accepted = choices[error.instancePath];
    const told = error.keyword === "const" && accepted ? { ...error, message: choice(accepted) } : error;
    for (const problem of problemsFrom(told, value, prefix)) problems.set(problem.text, problem);
  }
  return [...problems.values()];
}

type ConstError = Extract<TLocalizedValidationError, { keyword: "const" }>;

function isConstError(error: TLocalizedValidationError): error is ConstError {
  return error.keyword === "const";
}

/** A union of constants gives an error for each of them. */
function choice(errors: readonly ConstError[]): string {
  const values = [...new Set(errors.map(({ params }) => JSON.stringify(params.allowedValue)))];
  return `must be ${[values.slice(0, -1).join(", "), values.at(-1)].filter((text) => text !== "").join(" or ")}`;
}

function problemsFrom(error: TLocalizedValidationError, value: unknown, prefix: string): Problem[] {
  const segments = error.instancePath.split("/").slice(1).map(unescapePointer);
  const field = [...(prefix ? [prefix] : []), ...segments].join(".");
  const inside = (name: string) => (field ? `${field}.${name}` : name);
  switch (error.keyword) {
    // "additionalProperties" and "anyOf" say the same again with the name of the field.
    case "boolean":
    case "anyOf":
      return [];
    case "additionalProperties":
      return error.params.additionalProperties.map((name) => ({
        field: inside(name),
        text: `${inside(name)}: is not a field here: remove it or correct its name`,
      }));
    case "required":
      return error.params.requiredProperties.map((name) => ({
        field: inside(name),
        text: `${inside(name)}: is missing: add it`,
      }));
    default: {
      const is = shown(valueAt(value, segments));
      return [{ field, text: `${field || "The document"}: ${requirementOf(error)}, but is ${is}` }];
    }
  }
}

function requirementOf(error: TLocalizedValidationError): string {
  if (error.keyword !== "pattern" || !String(error.params.pattern).startsWith("^https?://")) return error.message;
  return "must be a URL that begins with http:// or https://";
}

function valueAt(value: unknown, segments: readonly string[]): unknown {
  return segments.reduce<unknown>(
    (at, segment) =>
      typeof at === "object" && at !== null ? Object.entries(at).find(([key]) => key === segment)?.[1] : undefined,
    value,
  );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function unescapePointer(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}
