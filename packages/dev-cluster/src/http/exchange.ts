import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../registry/strategy.ts";
import { type ApiError, tooLarge } from "../status/api-error.ts";
import { encodeJson } from "../store/json.ts";
import type { RequestInfo } from "./request-info.ts";

/** The largest body that is read. Source: the real server's default. */
const bodyLimitBytes = 3 * 1024 * 1024;

/** One request and its answer. */
export class Exchange {
  readonly info: RequestInfo;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly warnings: string[] = [];
  /** Paths of fields that the body names twice. */
  duplicates: readonly string[] = [];
  caller: Caller = { name: "system:anonymous", groups: ["system:unauthenticated"] };

  constructor(info: RequestInfo, request: IncomingMessage, response: ServerResponse) {
    this.info = info;
    this.request = request;
    this.response = response;
  }

  get query(): URLSearchParams {
    return this.info.query;
  }

  header(name: string): string {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(", ") : (value ?? "");
  }

  /** The media type of the body, without parameters. */
  get contentType(): string {
    return (this.header("content-type").split(";")[0] ?? "").trim().toLowerCase();
  }

  /** The body as text. @throws ApiError 413 for a body of more than 3 MiB. */
  async body(): Promise<string> {
    return (await this.bodyBytes()).toString("utf8");
  }

  /** The body as it came. @throws ApiError 413 for a body of more than 3 MiB. */
  async bodyBytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.request) {
      size += chunk.length;
      if (size > bodyLimitBytes) throw tooLarge(`limit is ${bodyLimitBytes}`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** Answers with a JSON value. */
  send(code: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.sendText(code, encodeJson(value), { "content-type": "application/json", ...headers });
  }

  /** Answers with text that is encoded already. */
  sendText(code: number, text: string, headers: Readonly<Record<string, string>>): void {
    if (this.response.headersSent || this.response.destroyed) return;
    if (this.warnings.length > 0) this.response.setHeader("warning", warningHeaders(this.warnings));
    const length = Buffer.byteLength(text);
    this.response.writeHead(code, { "cache-control": "no-cache, private", ...headers, "content-length": length });
    // Node.js writes the head and a body that is a string at once, a Buffer by itself.
    this.response.end(this.request.method === "HEAD" ? undefined : text);
  }

  /** Answers with a refusal. */
  refuse(error: ApiError): void {
    const retryAfter = error.status.details?.retryAfterSeconds;
    this.send(error.code, error.status, retryAfter === undefined ? {} : { "retry-after": String(retryAfter) });
  }
}

const longestWarnings = 4096;
const longestOfTooMany = 256;

/** RFC 7234 warnings, as clients of Kubernetes print them. Only where they are long in all is each cut short, and some left out. */
function warningHeaders(warnings: readonly string[]): string[] {
  const texts = [...new Set(warnings)].map((text) => text.replace(/[^\x20-\x7e]/g, "?"));
  const isTooLong = texts.reduce((sum, text) => sum + text.length, 0) > longestWarnings;
  const kept = isTooLong
    ? texts.slice(0, longestWarnings / longestOfTooMany).map((text) => text.slice(0, longestOfTooMany))
    : texts;
  return kept.map((text) => `299 - "${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
}
