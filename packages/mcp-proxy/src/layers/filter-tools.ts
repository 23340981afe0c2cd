import { isErrorResponse, isRecord, isResponse, type Request } from "@moorage/mcp-messages";
import { type Answer, type Layer, type MessageCall, withMessage } from "../call.ts";
import { frameOf } from "../frame.ts";
import { ProxyError } from "../proxy-error.ts";
import type { Tools } from "../run-config/schema.ts";

/**
 * Shows clients the tools that the ToolConfig lets through, under the names and descriptions that it gives them.
 * A tool that is filtered out, or called by a name that an override has replaced, does not exist for clients.
 */
export function filterTools(tools: Tools | undefined): Layer {
  if (!tools?.filter && !tools?.override) return (next) => next;
  const view = new ToolView(tools);
  return (next) => async (call) => {
    if (call.kind !== "message") return next(call);
    const { message } = call.frame;
    if (!("method" in message && "id" in message)) return next(call);
    if (message.method === "tools/list") return listed(await next(call), view);
    if (message.method === "tools/call") return next(renamed(call, message, view));
    return next(call);
  };
}

class ToolView {
  readonly #shown: ReadonlySet<string> | undefined;
  readonly #overrides: ReadonlyMap<string, { name?: string; description?: string }>;
  /** The name that clients use → the server's own. */
  readonly #originals = new Map<string, string>();

  constructor({ filter, override }: Tools) {
    this.#shown = filter && new Set(filter);
    this.#overrides = new Map(Object.entries(override ?? {}));
    for (const [original, { name }] of this.#overrides) if (name !== undefined) this.#originals.set(name, original);
  }

  /** The tool as clients see it; undefined where they do not. */
  shown(tool: unknown): unknown {
    if (!isRecord(tool) || typeof tool["name"] !== "string") return tool;
    const { name } = tool;
    if (this.#shown && !this.#shown.has(name)) return undefined;
    // A tool of the server whose name an override gives to another one cannot be called: it is not shown either.
    if ((this.#originals.get(name) ?? name) !== name) return undefined;
    return { ...tool, ...this.#overrides.get(name) };
  }

  /** The server's own name; undefined where the tool is not one that clients see. */
  original(name: string): string | undefined {
    const original = this.#originals.get(name) ?? name;
    const current = this.#overrides.get(original)?.name ?? original;
    if (current !== name || (this.#shown && !this.#shown.has(original))) return undefined;
    return original;
  }
}

function listed(answer: Answer, view: ToolView): Answer {
  const message = answer.frame?.message;
  if (!message || !isResponse(message) || isErrorResponse(message)) return answer;
  const { tools } = message.result;
  if (!Array.isArray(tools)) return answer;
  const shown = tools.map((tool) => view.shown(tool)).filter((tool) => tool !== undefined);
  return { ...answer, frame: frameOf({ ...message, result: { ...message.result, tools: shown } }) };
}

function renamed(call: MessageCall, message: Request, view: ToolView): MessageCall {
  const name = message.params?.["name"];
  if (typeof name !== "string") return call;
  const original = view.original(name);
  if (original === undefined) throw new ProxyError("ToolNotFound", `Unknown tool: ${name}`);
  return original === name ? call : withMessage(call, { ...message, params: { ...message.params, name: original } });
}
