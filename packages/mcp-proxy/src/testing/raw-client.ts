import { isRecord } from "@moorage/mcp-messages";

type Json = Record<string, unknown>;

/** What came back for one HTTP request. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Every message of the body, in order, from plain JSON or from an event stream. */
  readonly messages: Json[];
}

const accept = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** Posts one message; reads the whole answer. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<RawAnswer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, { method: "POST", headers: { ...accept, ...headers }, body: text });
  return { status: response.status, headers: response.headers, messages: messagesIn(await response.text()) };
}

export function messagesIn(body: string): Json[] {
  if (body === "") return [];
  const texts = body.startsWith("{") ? [body] : body.split("\n").filter((line) => line.startsWith("data: {"));
  return texts.map((text) => JSON.parse(text.replace(/^data: /, ""))).filter(isRecord);
}

/** A client of the legacy era that shows everything of HTTP that the SDK's hides. */
export class LegacyClient {
  readonly url: string;
  readonly headers: Record<string, string>;
  #lastId = 0;

  constructor(url: string, session: string, headers: Record<string, string> = {}) {
    this.url = url;
    this.headers = { ...headers, "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
  }

  static async connect(
    url: string,
    capabilities: Json = {},
    headers: Record<string, string> = {},
  ): Promise<LegacyClient> {
    const params = { protocolVersion: "2025-11-25", capabilities, clientInfo: { name: "raw", version: "1" } };
    const answer = await post(url, { jsonrpc: "2.0", id: "init", method: "initialize", params }, headers);
    const session = answer.headers.get("mcp-session-id");
    if (!session) throw new Error(`No session: ${answer.status} ${JSON.stringify(answer.messages)}`);
    const client = new LegacyClient(url, session, headers);
    await client.post({ jsonrpc: "2.0", method: "notifications/initialized" });
    return client;
  }

  get session(): string {
    return this.headers["mcp-session-id"] ?? "";
  }

  post(message: unknown): Promise<RawAnswer> {
    return post(this.url, message, this.headers);
  }

  request(method: string, params: Json = {}): Promise<RawAnswer> {
    this.#lastId += 1;
    return this.post({ jsonrpc: "2.0", id: this.#lastId, method, params });
  }

  call(name: string, args: Json = {}): Promise<RawAnswer> {
    return this.request("tools/call", { name, arguments: args });
  }

  /** The text of a tool's answer, or the message of the error. */
  async textOf(name: string, args: Json = {}): Promise<string> {
    return textOf(await this.call(name, args));
  }

  end(): Promise<Response> {
    return fetch(this.url, { method: "DELETE", headers: this.headers });
  }
}

/** The text of a tool's answer, or the message of the error. */
export function textOf({ messages }: RawAnswer): string {
  const answer = messages.at(-1) ?? {};
  const { result, error } = answer;
  if (isRecord(error)) return `error ${error["code"]}: ${error["message"]}`;
  const content = isRecord(result) && Array.isArray(result["content"]) ? result["content"] : [];
  const [first] = content;
  return isRecord(first) ? String(first["text"]) : JSON.stringify(answer);
}
