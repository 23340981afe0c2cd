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
 * Chooses the first acceptable format of an `Accept` header, by order as the real server does.
 * @throws ApiError 406 when none is.
 */
export function negotiate(accept: string, { streams = false }: { streams?: boolean } = {}): Format {
  if (accept === "" || accept === "application/json") return json;
  for (const clause of accept.split(",")) {
    const format = formatOf(clause);
    if (format) return format;
  }
  const single = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
  const streamed = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
  const offered = streams ? `${single}, ${streamed}` : single;
  const message = `406: Not Acceptable\n\nAvailable representations: ${offered}`;
  throw new ApiError(406, "NotAcceptable", message, {});
}

function formatOf(clause: string): Format | undefined {
  const [type = "", ...parameters] = clause.split(";").map((part) => part.trim());
  const values = new Map(parameters.map((parameter) => splitOnce(parameter)));
  if (type === "application/yaml") return yaml;
  if (!["application/json", "*/*", "application/*"].includes(type)) return undefined;
  const as = values.get("as");
  if (as === undefined) return json;
  if (values.get("g") !== "meta.k8s.io" || values.get("v") !== "v1") return undefined;
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
