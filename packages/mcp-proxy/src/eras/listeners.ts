import {
  isRecord,
  MetaKey,
  metaOf,
  type Notification,
  notification,
  type Request,
  type Response,
  resultResponse,
  withMeta,
} from "@moorage/mcp-messages";
import type { MessageCall, ReplyStream } from "../call.ts";
import { frameOf } from "../frame.ts";
import type { Principal } from "../principal.ts";
import type { LegacyLinks, LinkUser } from "./legacy-links.ts";

/** Streams of one proxy, over all clients. */
const maximumListeners = 1000;

const flags: Readonly<Record<string, string>> = {
  "notifications/tools/list_changed": "toolsListChanged",
  "notifications/prompts/list_changed": "promptsListChanged",
  "notifications/resources/list_changed": "resourcesListChanged",
};

interface Listener {
  readonly id: Request["id"];
  readonly principal: Principal;
  readonly flags: ReadonlySet<string>;
  readonly uris: ReadonlySet<string>;
  readonly reply: ReplyStream;
}

/** `subscriptions/listen` of modern clients over a legacy server, whose notifications come without being asked for. */
export class Listeners {
  readonly #links: LegacyLinks;
  readonly #listeners = new Set<Listener>();

  constructor(links: LegacyLinks) {
    this.#links = links;
  }

  /** Resolves when the stream ends, which only the client or a refusal brings about. */
  async listen({ principal, reply }: MessageCall, { id, params }: Request, user: LinkUser): Promise<Response> {
    if (this.#listeners.size >= maximumListeners) {
      return {
        jsonrpc: "2.0",
        id,
        error: { code: -32603, message: `There are ${maximumListeners} listeners already` },
      };
    }
    const filter = isRecord(params?.["notifications"]) ? params["notifications"] : {};
    const listener: Listener = { id, principal, reply, flags: flagsIn(filter), uris: urisIn(filter) };
    const gone = new Promise<void>((resolve) => reply.onGone(resolve));
    this.#listeners.add(listener);
    this.#tell(
      listener,
      notification("notifications/subscriptions/acknowledged", { notifications: accepted(listener) }),
    );
    // The link also hears what the server says to everyone.
    const link = this.#links.shared(user);
    await Promise.all([...listener.uris].map((uri) => link.ask("resources/subscribe", { uri })));
    await gone;
    this.#listeners.delete(listener);
    for (const uri of listener.uris) {
      if (!this.#wanted(principal, uri) && !link.ended) await link.ask("resources/unsubscribe", { uri });
    }
    return resultResponse(id, { resultType: "complete" });
  }

  /** Passes on what a server said to one of a principal's links. */
  announce(principal: Principal, message: Notification): void {
    for (const listener of this.#listeners) {
      if (listener.principal.id === principal.id && wants(listener, message)) this.#tell(listener, message);
    }
  }

  #wanted(principal: Principal, uri: string): boolean {
    return [...this.#listeners].some((listener) => listener.principal.id === principal.id && listener.uris.has(uri));
  }

  #tell({ id, reply }: Listener, { method, params }: Notification): void {
    reply.emit(frameOf(notification(method, withMeta(params, { ...metaOf(params), [MetaKey.subscriptionId]: id }))));
  }
}

function wants({ flags: wanted, uris }: Listener, { method, params }: Notification): boolean {
  const uri = params?.["uri"];
  if (method === "notifications/resources/updated") return typeof uri === "string" && uris.has(uri);
  const flag = flags[method];
  return flag !== undefined && wanted.has(flag);
}

function flagsIn(filter: Record<string, unknown>): Set<string> {
  return new Set(Object.values(flags).filter((flag) => filter[flag] === true));
}

function urisIn(filter: Record<string, unknown>): Set<string> {
  const { resourceSubscriptions } = filter;
  return new Set(
    Array.isArray(resourceSubscriptions) ? resourceSubscriptions.filter((uri) => typeof uri === "string") : [],
  );
}

function accepted({ flags: wanted, uris }: Listener): Record<string, unknown> {
  return {
    ...Object.fromEntries([...wanted].map((flag) => [flag, true])),
    ...(uris.size > 0 && { resourceSubscriptions: [...uris] }),
  };
}
