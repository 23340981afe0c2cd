import { type Context, InputRequired, isObject, type Result, RpcFailure } from "./context.ts";
import { getPrompt, promptList } from "./prompts.ts";
import { readResource, resourceList, templateList } from "./resources.ts";
import { toolList, toolsOf } from "./tools.ts";

type Json = Record<string, unknown>;
export type FixtureEra = "legacy" | "modern" | "dual";

const prefix = "io.modelcontextprotocol/";
const serverInfo = { name: "moorage-fixture", version: "1.0.0" };
const modernVersion = "2026-07-28";
const legacyVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  logging: {},
  completions: {},
};
const cached = { ttlMs: 1000, cacheScope: "public" };

interface Listener {
  readonly id: unknown;
  readonly filter: Json;
}

/**
 * An MCP server of both eras for tests, written against the specification without any SDK: it starts fast, behaves
 * badly on request, and shares no code with what it tests.
 */
export class FixtureServer {
  readonly #era: FixtureEra;
  readonly #write: (text: string) => void;
  readonly #asked = new Map<unknown, { resolve(result: Json): void; reject(error: Error): void }>();
  readonly #listeners: Listener[] = [];
  readonly #subscriptions = new Set<unknown>();
  readonly #cancelled = new Set<unknown>();
  #clientCapabilities: Json = {};
  #lastId = 0;

  constructor(era: FixtureEra, write: (text: string) => void) {
    this.#era = era;
    this.#write = write;
  }

  receive(line: string): void {
    const message: unknown = JSON.parse(line);
    if (!isObject(message)) return;
    const { id, method, params } = message;
    if (typeof method !== "string") this.#answered(message);
    else if (id === undefined) this.#notified(method, isObject(params) ? params : {});
    else void this.#call(id, method, isObject(params) ? params : {});
  }

  #answered({ id, result, error }: Json): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (isObject(result)) asked?.resolve(result);
    else asked?.reject(new Error(isObject(error) ? String(error["message"]) : "no result"));
  }

  #notified(method: string, params: Json): void {
    if (method !== "notifications/cancelled") return;
    this.#cancelled.add(params["requestId"]);
    process.stderr.write(`cancelled ${params["requestId"]}\n`);
    const index = this.#listeners.findIndex(({ id }) => id === params["requestId"]);
    if (index >= 0) this.#listeners.splice(index, 1);
  }

  async #call(id: unknown, method: string, params: Json): Promise<void> {
    try {
      const result = await this.#resultOf(id, method, params);
      if (result && !this.#cancelled.has(id)) this.#send({ id, result });
    } catch (error) {
      if (error instanceof InputRequired) this.#send({ id, result: error.result });
      else if (error instanceof RpcFailure) this.#send({ id, error: errorOf(error) });
      else this.#send({ id, result: { content: [{ type: "text", text: String(error) }], isError: true } });
    }
  }

  #resultOf(id: unknown, method: string, params: Json): Result | undefined | Promise<Result | undefined> {
    const meta = isObject(params["_meta"]) ? params["_meta"] : {};
    const modern = meta[`${prefix}protocolVersion`] !== undefined;
    if (modern ? this.#era === "legacy" : this.#era === "modern")
      throw new RpcFailure(-32601, `Unknown method: ${method}`);
    return modern ? this.#modern(id, { method, params, meta }) : this.#legacy(id, { method, params, meta });
  }

  async #legacy(id: unknown, { method, params, meta }: { method: string; params: Json; meta: Json }) {
    switch (method) {
      case "initialize":
        return this.#initialize(params);
      case "ping":
      case "logging/setLevel":
        return {};
      case "resources/subscribe":
        this.#subscriptions.add(params["uri"]);
        return {};
      case "resources/unsubscribe":
        this.#subscriptions.delete(params["uri"]);
        return {};
      default:
        return this.#shared(method, params, this.#context("legacy", { id, params, meta }));
    }
  }

  #initialize({ protocolVersion, capabilities: given }: Json): Result {
    this.#clientCapabilities = isObject(given) ? given : {};
    const version = legacyVersions.find((known) => known === protocolVersion) ?? legacyVersions[0];
    return { protocolVersion: version, capabilities, serverInfo, instructions: "A fixture" };
  }

  async #modern(id: unknown, { method, params, meta }: { method: string; params: Json; meta: Json }) {
    const version = meta[`${prefix}protocolVersion`];
    if (version !== modernVersion) {
      throw new RpcFailure(-32022, "Unsupported version", { supported: [modernVersion], requested: version });
    }
    if (method === "server/discover")
      return { ...complete, supportedVersions: [modernVersion], capabilities, ...cached };
    if (method === "subscriptions/listen") return this.#listen(id, params);
    const result = await this.#shared(method, params, this.#context("modern", { id, params, meta }));
    const cacheable = method.endsWith("/list") || method === "resources/read";
    return { ...complete, ...(cacheable && cached), ...result };
  }

  #listen(id: unknown, params: Json): undefined {
    const filter = isObject(params["notifications"]) ? params["notifications"] : {};
    this.#listeners.push({ id, filter });
    const acknowledged = { notifications: filter, _meta: { [`${prefix}subscriptionId`]: id } };
    this.#send({ method: "notifications/subscriptions/acknowledged", params: acknowledged });
    return undefined;
  }

  #shared(method: string, params: Json, context: Context): Result | Promise<Result> {
    switch (method) {
      case "tools/list":
        return { tools: toolList(context.era) };
      case "tools/call":
        return callTool(params["name"], context);
      case "prompts/list":
        return { prompts: promptList(context.era) };
      case "prompts/get":
        return getPrompt(params["name"], context);
      case "resources/list":
        return { resources: resourceList };
      case "resources/templates/list":
        return { resourceTemplates: templateList };
      case "resources/read":
        return readResource(params["uri"], context.era);
      case "completion/complete":
        return { completion: { values: ["paris", "park", "party"], total: 3, hasMore: false } };
      default:
        throw new RpcFailure(-32601, `Unknown method: ${method}`);
    }
  }

  #context(era: Context["era"], { id, params, meta }: { id: unknown; params: Json; meta: Json }): Context {
    const given = meta[`${prefix}clientCapabilities`];
    const inputResponses = isObject(params["inputResponses"]) ? params["inputResponses"] : {};
    const quiet = era === "modern" && meta[`${prefix}logLevel`] === undefined;
    return {
      era,
      arguments: isObject(params["arguments"]) ? params["arguments"] : {},
      inputResponses,
      requestState: params["requestState"],
      meta,
      capabilities: era === "modern" && isObject(given) ? given : this.#clientCapabilities,
      cancelled: this.#cancelled,
      log: (text) => {
        if (!quiet)
          this.#send({ method: "notifications/message", params: { level: "info", logger: "fixture", data: text } });
      },
      progress: (progress, total) => {
        const { progressToken } = meta;
        if (progressToken === undefined || this.#cancelled.has(id)) return;
        this.#send({ method: "notifications/progress", params: { progressToken, progress, total } });
      },
      ask: (key, method, askParams) => {
        if (era === "legacy") return this.#ask(method, askParams);
        const answer = inputResponses[key];
        if (isObject(answer)) return Promise.resolve(answer);
        throw new InputRequired({ [key]: { method, params: askParams } });
      },
      announce: (method, announceParams) => this.#announce(method, announceParams),
      writeRaw: (text) => this.#write(text),
    };
  }

  #ask(method: string, params: Json): Promise<Json> {
    const [needed = ""] = method.split("/");
    if (this.#clientCapabilities[needed] === undefined) throw new Error(`The client has no capability "${needed}"`);
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Json>();
    this.#asked.set(id, { resolve, reject });
    this.#send({ id, method, params });
    return promise;
  }

  #announce(method: string, params: Json = {}): void {
    if (this.#era !== "modern" && (!params["uri"] || this.#subscriptions.has(params["uri"])))
      this.#send({ method, params });
    for (const { id, filter } of this.#listeners) {
      if (wants(filter, method, params))
        this.#send({ method, params: { ...params, _meta: { [`${prefix}subscriptionId`]: id } } });
    }
  }

  #send(message: Json): void {
    this.#write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }
}

const complete = { resultType: "complete", _meta: { [`${prefix}serverInfo`]: serverInfo } };

function wants(filter: Json, method: string, params: Json): boolean {
  const flag = {
    "notifications/tools/list_changed": "toolsListChanged",
    "notifications/prompts/list_changed": "promptsListChanged",
  };
  const uris = filter["resourceSubscriptions"];
  if (method === "notifications/resources/updated") return Array.isArray(uris) && uris.includes(params["uri"]);
  return Object.entries(flag).some(([known, name]) => known === method && filter[name] === true);
}

function callTool(name: unknown, context: Context): Result | Promise<Result> {
  const tool = toolsOf(context.era)[String(name)];
  if (!tool) throw new RpcFailure(-32602, `Unknown tool: ${name}`);
  return tool(context);
}

function errorOf({ code, message, data }: RpcFailure): Json {
  return { code, message, ...(data !== undefined && { data }) };
}
