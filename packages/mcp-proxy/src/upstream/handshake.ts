import { setImmediate as turn } from "node:timers/promises";
import {
  isErrorResponse,
  isRecord,
  isResponse,
  legacyVersions,
  MetaKey,
  metaOf,
  modernVersions,
  notification,
  type Params,
  type RequestId,
  type Response,
  request,
} from "@moorage/mcp-messages";
import type { Connect, Connection, Ending } from "../connection.ts";
import { frameOf } from "../frame.ts";
import { anonymous } from "../principal.ts";
import { described, type ServerDescription } from "./server-description.ts";

/** Why a handshake failed: a stable CamelCase word and a sentence a user can act on. */
export interface HandshakeFailure {
  readonly reason: string;
  readonly message: string;
}

export type HandshakeResult = { ok: true; upstream: ServerDescription } | { ok: false; error: HandshakeFailure };

export interface HandshakeOptions {
  /** For the whole handshake. Default: 30 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const clientInfo = { name: "moorage", version: "0.1.0" };
const defaultTimeoutMs = 30_000;
/** Legacy servers that neither answer nor leave when asked something before `initialize` cost this much, once. */
const discoverPatienceMs = 5000;
/** Pages of tools that are counted; a server with more is counted up to here. */
const maximumPages = 100;

/** The conversation ended or was abandoned while an answer was awaited. */
class HandshakeError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Talks to a server as a client would: `server/discover`, or `initialize` where it is of the legacy era, then
 * `tools/list`. The conversation is closed afterwards. Never rejects: what goes wrong is the result.
 *
 * Era detection follows the specification's compatibility section: any answer but a modern one, silence or the end of
 * the process means legacy. Servers that exit when asked too early get a second, fresh conversation.
 */
export async function shakeHands(connect: Connect, options: HandshakeOptions = {}): Promise<HandshakeResult> {
  const { timeoutMs = defaultTimeoutMs, signal } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const deadline = new Promise<never>((_, reject) => {
    const onStop = () => {
      const late = new HandshakeError("HandshakeTimeout", `The server gave no valid answer in ${timeoutMs / 1000} s`);
      reject(timeout.aborted ? late : new HandshakeError("Aborted", "The handshake was abandoned"));
    };
    if (stop.aborted) onStop();
    else stop.addEventListener("abort", onStop, { once: true });
  });
  deadline.catch(() => {});
  const attempt = new Attempt(connect, deadline);
  try {
    return { ok: true, upstream: await attempt.run() };
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    return { ok: false, error: { reason: error.reason, message: attempt.explained(error.message) } };
  } finally {
    await attempt.close();
  }
}

/** UnsupportedProtocolVersionError of 2026-07-28. */
const unsupportedVersion = -32_022;

/** Whether an answer is the error of modern servers about versions, with one of ours among those they speak. */
function namesModernVersion(answer: Response): boolean {
  if (!isErrorResponse(answer) || answer.error.code !== unsupportedVersion) return false;
  const { data } = answer.error;
  const supported = isRecord(data) && Array.isArray(data["supported"]) ? data["supported"] : [];
  return modernVersions.some((version) => supported.includes(version));
}

/** The server has not answered yet. */
const silent = Symbol("silent");

/** A modern server's answer to `server/discover`, and the version to speak with it. */
interface Discovery {
  readonly protocolVersion: string;
  readonly result: Record<string, unknown>;
}

class Attempt {
  readonly #connect: Connect;
  readonly #deadline: Promise<never>;
  readonly #waiting = new Map<number, { resolve(answer: Response): void; reject(error: Error): void }>();
  #connection: Connection | undefined;
  #ending: Ending | undefined;
  #garbage: string | undefined;
  #lastId = 0;

  constructor(connect: Connect, deadline: Promise<never>) {
    this.#connect = connect;
    this.#deadline = deadline;
  }

  async run(): Promise<ServerDescription> {
    this.#open();
    const discovery = this.#discover();
    const inTime = await this.#unlessSilent(discovery);
    if (inTime && inTime !== silent) return this.#modern(inTime);
    if (this.#ending) {
      if (this.#ending.unused) throw failureOf(this.#ending);
      this.#open();
    }
    const initialization = this.#initialize();
    if (inTime === silent) {
      // What is slow to start, a package that has to be fetched say, has both questions before it. Both answers may
      // come in one piece, and a modern server's refusal of the second question before its answer to the first.
      const initialized = async () => {
        const answer = await initialization.catch(() => undefined);
        if (answer && isErrorResponse(answer)) await this.#unlessSilent(discovery);
        else await turn();
      };
      const late = await Promise.race([discovery, initialized()]);
      if (late) return this.#modern(late);
    }
    return this.#legacy(await initialization);
  }

  /** What the server printed instead of an answer explains more than our own words. */
  explained(message: string): string {
    if (this.#garbage === undefined) return message;
    return `${message}. It wrote something that is not JSON-RPC: ${JSON.stringify(this.#garbage)}`;
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  #open(): void {
    this.#ending = undefined;
    const connection = this.#connect(
      {
        frame: ({ message }) => {
          if (isResponse(message)) this.#settle(message);
          else if ("id" in message) connection.send(frameOf({ jsonrpc: "2.0", id: message.id, result: {} }));
        },
        dropped: () => {},
        unsent: (id, ending) => this.#settleUnsent(id, ending),
        garbage: (text) => {
          this.#garbage ??= text;
        },
        ended: (ending) => {
          if (this.#connection !== connection) return;
          this.#ending = ending;
          for (const { reject } of this.#waiting.values()) reject(failureOf(ending));
          this.#waiting.clear();
        },
      },
      { principal: anonymous },
    );
    this.#connection = connection;
  }

  /** A modern server's answer; undefined where the server is of the legacy era. */
  async #discover(): Promise<Discovery | undefined> {
    const params = { _meta: modernMeta };
    const ask = () =>
      this.#ask("server/discover", params).catch((error: unknown) => {
        if (error instanceof HandshakeError && error.reason !== "HandshakeTimeout" && error.reason !== "Aborted")
          return undefined;
        throw error;
      });
    const first = await ask();
    // A server that names our version among those it speaks is modern, whatever made it refuse.
    const answer = first && namesModernVersion(first) ? await ask() : first;
    if (!answer || isErrorResponse(answer)) return undefined;
    const { supportedVersions } = answer.result;
    const protocolVersion = modernVersions.find(
      (known) => Array.isArray(supportedVersions) && supportedVersions.includes(known),
    );
    return protocolVersion && { protocolVersion, result: answer.result };
  }

  async #unlessSilent(discovery: Promise<Discovery | undefined>): Promise<Discovery | typeof silent | undefined> {
    // It may fail while nobody looks at it any more.
    discovery.catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<typeof silent>((resolve) => {
      timer = setTimeout(() => resolve(silent), discoverPatienceMs);
    });
    return Promise.race([discovery, patience]).finally(() => clearTimeout(timer));
  }

  async #modern({ protocolVersion, result }: Discovery): Promise<ServerDescription> {
    const { capabilities, instructions } = result;
    const serverInfo = metaOf(result)[MetaKey.serverInfo];
    return {
      era: "modern",
      protocolVersion,
      ...described({ serverInfo, capabilities, instructions }),
      tools: await this.#countTools(capabilities, modernMeta),
    };
  }

  #initialize(): Promise<Response> {
    const initialization = this.#ask("initialize", {
      protocolVersion: legacyVersions[0],
      capabilities: {},
      clientInfo,
    });
    initialization.catch(() => {});
    return initialization;
  }

  async #legacy(answer: Response): Promise<ServerDescription> {
    if (isErrorResponse(answer)) {
      throw new HandshakeError("HandshakeRefused", `The server refused initialize: ${answer.error.message}`);
    }
    const { protocolVersion, serverInfo, capabilities, instructions } = answer.result;
    if (typeof protocolVersion !== "string") {
      throw new HandshakeError("NotMCP", "The server's answer to initialize has no protocolVersion");
    }
    this.#connection?.send(frameOf(notification("notifications/initialized")));
    return {
      era: "legacy",
      protocolVersion,
      ...described({ serverInfo, capabilities, instructions }),
      tools: await this.#countTools(capabilities, undefined),
    };
  }

  async #countTools(capabilities: unknown, meta: Record<string, unknown> | undefined): Promise<number> {
    if (!isRecord(capabilities) || capabilities["tools"] === undefined) return 0;
    let count = 0;
    let cursor: unknown;
    for (let page = 0; page < maximumPages; page += 1) {
      const params = { ...(cursor !== undefined && { cursor }), ...(meta && { _meta: meta }) };
      const answer = await this.#ask("tools/list", params);
      if (isErrorResponse(answer)) {
        throw new HandshakeError("ToolsListFailed", `The server refused tools/list: ${answer.error.message}`);
      }
      const { tools, nextCursor } = answer.result;
      count += Array.isArray(tools) ? tools.length : 0;
      if (typeof nextCursor !== "string") return count;
      cursor = nextCursor;
    }
    return count;
  }

  async #ask(method: string, params: Params): Promise<Response> {
    if (this.#ending) throw failureOf(this.#ending);
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    this.#waiting.set(id, { resolve, reject });
    this.#connection?.send(frameOf(request(id, method, params)));
    return Promise.race([promise, this.#deadline]);
  }

  #settleUnsent(id: RequestId, ending: Ending): void {
    if (typeof id !== "number") return;
    this.#waiting.get(id)?.reject(failureOf(ending));
    this.#waiting.delete(id);
  }

  #settle(answer: Response): void {
    if (typeof answer.id !== "number") return;
    this.#waiting.get(answer.id)?.resolve(answer);
    this.#waiting.delete(answer.id);
  }
}

const modernMeta = {
  [MetaKey.protocolVersion]: modernVersions[0],
  [MetaKey.clientCapabilities]: {},
  [MetaKey.clientInfo]: clientInfo,
};

function failureOf(ending: Ending): HandshakeError {
  return new HandshakeError(ending.reason, ending.message);
}
