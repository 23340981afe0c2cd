import { ApiError } from "../status/api-error.ts";

/** How an answer is to be written. */
export interface Format {
  /** `Table`, `PartialObjectMetadata`, their lists, or absent for the object itself. */
  readonly as?: "Table" | "PartialObjectMetadata";
  readonly yaml: boolean;
  /** The value of `Content-Type`. */
  readonly contentType: string;
}

const json: Format = { yaml: false, contentType: "application/json" };
const yaml: Format = { yaml: true, contentType: "application/yaml" };

/**
 * Chooses the most wanted acceptable format of an `Accept` header, the first one of equals.
 * @throws ApiError 406 when none is.
 */
export function negotiate(accept: string, { streams = false }: { streams?: boolean } = {}): Format {
  if (accept === "" || accept === "application/json") return json;
  const clauses = accept
    .split(",")
    .map(parseClause)
    .sort((left, right) => right.quality - left.quality);
  for (const clause of clauses) {
    const format = formatOf(clause);
    if (format) return format;
  }
  const single = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
  // A type that is known in a view that is not.
  if (clauses.some(({ type }) => type === json.contentType)) {
    throw new ApiError(406, "NotAcceptable", `only the following media types are accepted: ${single}`);
  }
  const streamed = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
  const offered = streams ? `${single}, ${streamed}` : single;
  const message = `406: Not Acceptable\n\nAvailable representations: ${offered}`;
  throw new ApiError(406, "NotAcceptable", message, {});
}

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

function parseClause(clause: string): Clause {
  const [type = "", ...rest] = clause.split(";").map((part) => part.trim());
  const parameters = new Map(rest.map((parameter) => splitOnce(parameter)));
  return { type, parameters, quality: Number(parameters.get("q") ?? 1) };
}

function formatOf({ type, parameters }: Clause): Format | undefined {
  if (type === "application/yaml") return yaml;
  if (!["application/json", "*/*"].includes(type)) return undefined;
  const as = parameters.get("as");
  if (as === undefined) return json;
  if (parameters.get("g") !== "meta.k8s.io" || parameters.get("v") !== "v1") return undefined;
  if (as === "Table") return { as: "Table", yaml: false, contentType: "application/json" };
  if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") {
    return { as: "PartialObjectMetadata", yaml: false, contentType: "application/json" };
  }
  return undefined;
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
