import {
  ErrorCode,
  errorResponse,
  isErrorResponse,
  isRecord,
  isRequest,
  isResponse,
  legacyVersions,
  type Message,
  MetaKey,
  metaOf,
  modernVersions,
  type Notification,
  notification,
  type Params,
  type Request,
  type RequestId,
  type Response,
  request,
  resultResponse,
  withMeta,
} from "@moorage/mcp-messages";
import type { Connect, Connection, Ending, Pin, Receiver } from "../connection.ts";
import { type Frame, frameOf } from "../frame.ts";
import type { ServerDescription } from "../upstream/server-description.ts";
import { InputRounds } from "./input-rounds.ts";

/** Presents a modern server as a legacy one: what a legacy session says and hears is translated. */
export function legacyOverModern(connect: Connect, server: ServerDescription): Connect {
  return (receiver, options) => new LegacyOverModern(receiver, server, (inner) => connect(inner, options));
}

const listenPrefix = "moorage-listen-";

class LegacyOverModern implements Connection {
  readonly #receiver: Receiver;
  readonly #server: ServerDescription;
  readonly #inner: Connection;
  readonly #rounds: InputRounds;
  readonly #subscriptions = new Set<string>();
  #client: Record<string, unknown> = { [MetaKey.clientCapabilities]: {} };
  /** Legacy servers log from the start; modern ones only when asked to. */
  #logLevel = "info";
  #listens = 0;

  constructor(receiver: Receiver, server: ServerDescription, connect: (receiver: Receiver) => Connection) {
    this.#receiver = receiver;
    this.#server = server;
    this.#rounds = new InputRounds({
      ask: (message) => receiver.frame(frameOf(message)),
      send: (message) => this.#forward(message),
      answer: (message) => receiver.frame(frameOf(message), message.id),
    });
    this.#inner = connect({
      frame: (frame, about) => this.#receive(frame.message, about),
      dropped: (bytes, id) => receiver.dropped(bytes, id === undefined ? undefined : this.#rounds.originalOf(id)),
      unsent: (id, ending) => this.#unsent(id, ending),
      garbage: (text) => receiver.garbage(text),
      ended: (ending) => receiver.ended(ending),
    });
  }

  get pin(): Pin {
    return this.#inner.pin;
  }

  send({ message }: Frame): void {
    if (isResponse(message)) this.#rounds.answered(message);
    else if (isRequest(message)) this.#request(message);
    else this.#notify(message);
  }

  forget(id: RequestId): void {
    for (const inner of this.#rounds.forget(id)) this.#inner.forget(inner);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #request(message: Request): void {
    const local = this.#answerTo(message);
    // Never from inside `send`: the caller may not be ready for the answer yet.
    if (local) queueMicrotask(() => this.#receiver.frame(frameOf(local), message.id));
    else this.#rounds.start(message);
  }

  /** What a modern server has no method for is answered here. */
  #answerTo({ id, method, params }: Request): Response | undefined {
    switch (method) {
      case "initialize":
        return this.#initialize(id, params);
      case "ping":
        return resultResponse(id, {});
      case "logging/setLevel":
        this.#logLevel = typeof params?.["level"] === "string" ? params["level"] : this.#logLevel;
        return resultResponse(id, {});
      case "resources/subscribe":
      case "resources/unsubscribe":
        return this.#subscribe(id, method, params);
      default:
        return undefined;
    }
  }

  #initialize(id: RequestId, params: Params | undefined): Response {
    const { protocolVersion, capabilities, clientInfo } = params ?? {};
    this.#client = {
      [MetaKey.clientCapabilities]: isRecord(capabilities) ? capabilities : {},
      ...(isRecord(clientInfo) && { [MetaKey.clientInfo]: clientInfo }),
    };
    const version = legacyVersions.find((known) => known === protocolVersion) ?? legacyVersions[0];
    const { capabilities: offered, serverInfo, instructions } = this.#server;
    return resultResponse(id, {
      protocolVersion: version,
      capabilities: offered,
      serverInfo: { ...serverInfo, name: serverInfo.name || "unknown", version: serverInfo.version || "0" },
      ...(instructions !== undefined && { instructions }),
    });
  }

  #subscribe(id: RequestId, method: string, params: Params | undefined): Response {
    const uri = params?.["uri"];
    if (typeof uri !== "string") return errorResponse(id, { code: -32602, message: '"uri" must be a string' });
    if (method === "resources/subscribe") this.#subscriptions.add(uri);
    else this.#subscriptions.delete(uri);
    this.#listen();
    return resultResponse(id, {});
  }

  #notify({ method, params }: Notification): void {
    if (method === "notifications/initialized") this.#listen();
    if (method !== "notifications/cancelled") return;
    const id = params?.["requestId"];
    if (typeof id !== "string" && typeof id !== "number") return;
    for (const inner of this.#rounds.forget(id)) this.#cancel(inner);
  }

  /** One listen stream carries all that a legacy session would hear; a change of it replaces the stream. */
  #listen(): void {
    const { tools, prompts, resources } = this.#server.capabilities;
    const changes = (capability: unknown) => isRecord(capability) && capability["listChanged"] === true;
    const notifications = {
      ...(changes(tools) && { toolsListChanged: true }),
      ...(changes(prompts) && { promptsListChanged: true }),
      ...(changes(resources) && { resourcesListChanged: true }),
      ...(this.#subscriptions.size > 0 && { resourceSubscriptions: [...this.#subscriptions] }),
    };
    if (this.#listens > 0) this.#cancel(`${listenPrefix}${this.#listens}`);
    if (Object.keys(notifications).length === 0) return;
    this.#listens += 1;
    this.#forward(request(`${listenPrefix}${this.#listens}`, "subscriptions/listen", { notifications }));
  }

  #cancel(id: RequestId): void {
    this.#inner.send(frameOf(notification("notifications/cancelled", { requestId: id })));
    this.#inner.forget(id);
  }

  #forward({ id, method, params }: Request): void {
    const meta = {
      ...metaOf(params),
      ...this.#client,
      [MetaKey.protocolVersion]: modernVersions[0],
      [MetaKey.logLevel]: this.#logLevel,
    };
    this.#inner.send(frameOf(request(id, method, withMeta(params, meta))));
  }

  /** A call whose questions have been answered already cannot be sent again from its start. */
  #unsent(id: RequestId, ending: Ending): void {
    const original = this.#rounds.originalOf(id);
    if (original === undefined) return;
    this.#rounds.forget(original);
    if (original === id) this.#receiver.unsent(original, ending);
    else
      this.#receiver.frame(
        frameOf(errorResponse(original, { code: ErrorCode.upstreamUnavailable, message: ending.message })),
      );
  }

  #receive(message: Message, about: RequestId | undefined): void {
    if (isResponse(message)) {
      if (!String(message.id).startsWith(listenPrefix))
        this.#rounds.settle(isErrorResponse(message) ? message : plain(message));
      return;
    }
    if (message.method === "notifications/subscriptions/acknowledged") return;
    const call = about === undefined ? undefined : this.#rounds.originalOf(about);
    this.#receiver.frame(frameOf(notification(message.method, withoutHop(message.params))), call);
  }
}

function plain(message: Extract<Response, { result: unknown }>): Response {
  return { ...message, result: withoutHop(message.result) ?? {} };
}

/** Without what a modern server says about this hop. */
function withoutHop(value: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  const meta = metaOf(value);
  if (meta[MetaKey.serverInfo] === undefined && meta[MetaKey.subscriptionId] === undefined) return value;
  const { [MetaKey.serverInfo]: _server, [MetaKey.subscriptionId]: _subscription, ...rest } = meta;
  return withMeta(value, rest);
}
