import { readFile } from "node:fs/promises";
import { Agent, type Dispatcher, request } from "undici";
import { currentRequestID } from "../http/request-id.ts";
import type { PodsUpstream, RemoteUpstream } from "../run-config/upstream-schema.ts";
import type { AddressBook } from "./address-book.ts";

/** Calls may be silent for long: the session's own timeouts apply. */
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10_000 } });
/** Files with credentials are read again this often. */
const fileAgeMs = 5000;

export type HTTPAnswer = Dispatcher.ResponseData;

interface HTTPRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal?: AbortSignal;
  /** Instead of the endpoint itself. */
  readonly url?: URL;
}

/** An HTTP server: one by its URL, or one of many pods that stays the same for the life of the endpoint. */
export interface HTTPEndpoint {
  /** The address that was chosen, where there was a choice. */
  readonly address: string | undefined;
  /** For messages to people. */
  readonly name: string;
  /** The URL that requests go to. */
  url(): Promise<URL>;
  send(options: HTTPRequest): Promise<HTTPAnswer>;
  /** Gives the address back. */
  release(): void;
}

/** Headers that authenticate a request; undefined where none are needed. Asked anew for every request. */
export type Credentials = () => Promise<Record<string, string>> | undefined;

export function remoteEndpoint(upstream: RemoteUpstream, credentials: Credentials): HTTPEndpoint {
  const url = new URL(upstream.url);
  const files = new HeaderFiles(upstream.headersFrom ?? {});
  return {
    address: undefined,
    name: `${url.origin}${url.pathname}`,
    url: async () => url,
    send: async (options) => sendTo(options.url ?? url, options, { ...(await files.read()), ...(await credentials()) }),
    release() {},
  };
}

export interface PodOptions {
  readonly addresses: AddressBook;
  readonly preferred: string | undefined;
  readonly credentials: Credentials;
}

export function podEndpoint(upstream: PodsUpstream, { addresses, preferred, credentials }: PodOptions): HTTPEndpoint {
  const lease = addresses.lease(preferred);
  const path = upstream.path ?? (upstream.transport === "sse" ? "/sse" : "/mcp");
  const url = async () => {
    const address = await lease.address;
    return new URL(path, `http://${address.includes(":") ? `[${address}]` : address}:${upstream.port}`);
  };
  const host = { host: `${upstream.host}:${upstream.port}` };
  return {
    get address() {
      return lease.current;
    },
    name: `http://${upstream.host}:${upstream.port}${path}`,
    url,
    send: async (options) => sendTo(options.url ?? (await url()), options, { ...host, ...(await credentials()) }),
    release: () => lease.release(),
  };
}

function sendTo(url: URL, options: HTTPRequest, more: Readonly<Record<string, string>>): Promise<HTTPAnswer> {
  const { method, headers, body, signal } = options;
  const requestID = currentRequestID();
  return request(url, {
    method,
    headers: { ...headers, ...(requestID !== undefined && { "x-request-id": requestID }), ...more },
    body: body ?? null,
    signal: signal ?? null,
    dispatcher,
  });
}

/** Header values from files: secrets are mounted, and change while we run. */
class HeaderFiles {
  readonly #files: readonly (readonly [string, { readonly file: string }])[];
  #values: Promise<Record<string, string>> | undefined;
  #readAt = 0;

  constructor(files: Readonly<Record<string, { readonly file: string }>>) {
    this.#files = Object.entries(files);
  }

  read(): Promise<Record<string, string>> {
    const now = performance.now();
    if (!this.#values || now - this.#readAt > fileAgeMs) {
      this.#readAt = now;
      this.#values = this.#readAll();
    }
    return this.#values;
  }

  async #readAll(): Promise<Record<string, string>> {
    const read = async ([name, { file }]: readonly [string, { readonly file: string }]) =>
      [name, (await readFile(file, "utf8")).trim()] as const;
    return Object.fromEntries(await Promise.all(this.#files.map(read)));
  }
}
