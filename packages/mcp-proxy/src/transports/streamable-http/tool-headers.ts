import { encodeHeaderValue, isErrorResponse, isRecord, type Message, type Request } from "@moorage/mcp-messages";

/** More tools than this are not remembered: a server could name ever new ones. */
const maximumTools = 10_000;
const maximumDepth = 16;
const mirroredTypes: ReadonlySet<unknown> = new Set(["string", "integer", "boolean"]);

interface Mirrored {
  readonly header: string;
  readonly path: readonly string[];
}

/**
 * Which arguments of its tools a server wants to see in headers too (`x-mcp-header` in the tool's schema), learned from
 * the lists that pass by. A tool whose annotations break the rules gets none: clients must not offer it.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
export class ToolHeaders {
  readonly #tools = new Map<string, readonly Mirrored[]>();

  /** Takes in an answer, if it is a list of tools. */
  learn(message: Message): void {
    if (!("result" in message) || isErrorResponse(message)) return;
    const { tools } = message.result;
    if (!Array.isArray(tools)) return;
    for (const tool of tools) if (isRecord(tool)) this.#remember(tool["name"], tool["inputSchema"]);
  }

  /** The `Mcp-Param-*` headers of a call; arguments that are absent or null have none. */
  of({ method, params }: Request): Record<string, string> {
    const name = params?.["name"];
    const mirrored = method === "tools/call" && typeof name === "string" ? this.#tools.get(name) : undefined;
    if (!mirrored) return {};
    return Object.fromEntries(
      mirrored.flatMap(({ header, path }) => {
        const value = path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), params?.["arguments"]);
        return isMirrorable(value) ? [[`mcp-param-${header}`, encodeHeaderValue(String(value))]] : [];
      }),
    );
  }

  #remember(name: unknown, schema: unknown): void {
    if (typeof name !== "string") return;
    this.#tools.delete(name);
    const mirrored = annotationsIn(schema, []);
    const headers = new Set(mirrored.map(({ header }) => header));
    const valid =
      headers.size === mirrored.length && [...headers].every((header) => /^[\w!#$%&'*+.^`|~-]+$/.test(header));
    if (valid && mirrored.length > 0 && this.#tools.size < maximumTools) this.#tools.set(name, mirrored);
  }
}

/** Only properties count, not what `oneOf`, `items` and the like hold. An unusable annotation has an empty name. */
function annotationsIn(schema: unknown, path: readonly string[]): Mirrored[] {
  const properties = isRecord(schema) && path.length < maximumDepth ? schema["properties"] : undefined;
  if (!isRecord(properties)) return [];
  return Object.entries(properties).flatMap(([key, property]) => {
    const inner = annotationsIn(property, [...path, key]);
    const annotation = isRecord(property) ? property["x-mcp-header"] : undefined;
    if (!isRecord(property) || annotation === undefined) return inner;
    const usable = typeof annotation === "string" && mirroredTypes.has(property["type"]);
    return [{ header: usable ? annotation.toLowerCase() : "", path: [...path, key] }, ...inner];
  });
}

function isMirrorable(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
}
