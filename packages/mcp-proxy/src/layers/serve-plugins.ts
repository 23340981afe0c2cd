import { isErrorResponse, isRecord, isResponse, type Request, resultResponse } from "@moorage/mcp-messages";
import type { Answer, Layer, MessageCall } from "../call.ts";
import { frameOf } from "../frame.ts";
import type { Plugin, PluginResource, PluginTool } from "../plugins/plugin.ts";

type Json = Record<string, unknown>;

/** Modern results say what they are, and how long they may be kept; legacy clients pass over both. */
const complete = { resultType: "complete" };
const notCached = { ttlMs: 0, cacheScope: "private" };

/** Serves the tools and resources of plug-ins beside the server's own. */
export function servePlugins(plugins: readonly Plugin[]): Layer {
  const tools = new Map(plugins.flatMap((plugin) => plugin.tools ?? []).map((tool) => [tool.name, tool]));
  const resources = new Map(
    plugins.flatMap((plugin) => plugin.resources ?? []).map((resource) => [resource.uri, resource]),
  );
  if (tools.size === 0 && resources.size === 0) return (next) => next;
  const served = new PluginParts(tools, resources);
  return (next) => async (call) => {
    if (call.kind !== "message") return next(call);
    const { message } = call.frame;
    if (!("method" in message && "id" in message)) return next(call);
    const own = served.answer(call, message);
    if (own) return { status: 200, frame: frameOf(resultResponse(message.id, await own)) };
    return served.listed(await next(call), message);
  };
}

class PluginParts {
  readonly #tools: ReadonlyMap<string, PluginTool>;
  readonly #resources: ReadonlyMap<string, PluginResource>;

  constructor(tools: ReadonlyMap<string, PluginTool>, resources: ReadonlyMap<string, PluginResource>) {
    this.#tools = tools;
    this.#resources = resources;
  }

  /** The result of a request that is for a plug-in; undefined for all others. */
  answer({ principal }: MessageCall, { method, params = {} }: Request): Promise<Json> | undefined {
    const tool = method === "tools/call" ? this.#tools.get(String(params["name"])) : undefined;
    if (tool) return called(tool, { principal, arguments: isRecord(params["arguments"]) ? params["arguments"] : {} });
    const resource = method === "resources/read" ? this.#resources.get(String(params["uri"])) : undefined;
    return resource && read(resource, principal);
  }

  /** The server's list with ours before it; on the first page only. */
  listed(answer: Answer, { id, method, params }: Request): Answer {
    const message = answer.frame?.message;
    if (!message || !isResponse(message) || isErrorResponse(message) || params?.["cursor"] !== undefined) return answer;
    const ours = this.#described(method);
    if (!ours) return answer;
    const { member, items, key } = ours;
    const theirs = Array.isArray(message.result[member]) ? message.result[member] : [];
    const names = new Set(items.map((item) => item[key]));
    const rest = theirs.filter((item) => !(isRecord(item) && names.has(item[key])));
    return { ...answer, frame: frameOf(resultResponse(id, { ...message.result, [member]: [...items, ...rest] })) };
  }

  #described(method: string): { member: string; key: string; items: Json[] } | undefined {
    if (method === "tools/list") {
      const items = [...this.#tools.values()].map(({ name, description, inputSchema }) => ({
        name,
        description,
        inputSchema,
      }));
      return { member: "tools", key: "name", items };
    }
    if (method !== "resources/list") return undefined;
    const items = [...this.#resources.values()].map(({ read: _, ...description }): Json => description);
    return { member: "resources", key: "uri", items };
  }
}

async function called(tool: PluginTool, call: Parameters<PluginTool["call"]>[0]): Promise<Json> {
  try {
    return { ...complete, content: await tool.call(call) };
  } catch (error) {
    // A tool's failure is a result that the model sees, as the specification asks.
    const text = error instanceof Error ? error.message : String(error);
    return { ...complete, content: [{ type: "text", text }], isError: true };
  }
}

async function read(
  { uri, mimeType, read: readText }: PluginResource,
  principal: MessageCall["principal"],
): Promise<Json> {
  const text = await readText(principal);
  return { ...complete, ...notCached, contents: [{ uri, ...(mimeType !== undefined && { mimeType }), text }] };
}
