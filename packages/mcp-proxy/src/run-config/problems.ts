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
  for (const error of errors) {
    for (const problem of problemsFrom(error, value, prefix)) problems.set(problem.text, problem);
  }
  return [...problems.values()];
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
    default:
      return [
        { field, text: `${field || "The document"}: ${error.message}, but is ${shown(valueAt(value, segments))}` },
      ];
  }
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
