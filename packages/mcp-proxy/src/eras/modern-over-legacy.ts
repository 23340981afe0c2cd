import {
  ErrorCode,
  endToEndMeta,
  errorResponse,
  isErrorResponse,
  isRecord,
  MetaKey,
  type ModernMeta,
  metaOf,
  modernVersions,
  type Request,
  type Response,
  readModernMeta,
  request,
  resultResponse,
  withMeta,
} from "@moorage/mcp-messages";
import type { Answer, MessageCall, ReplyStream } from "../call.ts";
import { ProxyError } from "../proxy-error.ts";
import type { Sealer } from "../sessions/sealed.ts";
import type { ServerDescription } from "../upstream/server-description.ts";
import type { Interaction } from "./interaction.ts";
import { LegacyLinks, type LegacyLinksOptions, type LinkUser } from "./legacy-links.ts";
import { Listeners } from "./listeners.ts";
import { modernAnswer } from "./modern-answer.ts";
import { ParkedCalls } from "./parked-calls.ts";

export interface ModernOverLegacyDependencies extends Omit<LegacyLinksOptions, "onNotification"> {
  readonly sealer: Sealer;
  readonly server: () => ServerDescription | undefined;
}

/** Methods at which 2026-07-28 lets a server ask for input. */
const interactive = new Set(["tools/call", "prompts/get", "resources/read"]);
const cacheable = new Set([
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
]);
/** A legacy server may change its lists at any time, and for each of its clients differently. */
const cacheHints = { ttlMs: 0, cacheScope: "private" };

/**
 * Serves modern clients of a legacy server. What the server asks of the client ends the client's request with "input
 * required" while the call waits here; the client's retry finds it again.
 */
export class ModernOverLegacy {
  readonly #dependencies: ModernOverLegacyDependencies;
  readonly #links: LegacyLinks;
  readonly #parked: ParkedCalls;
  readonly #listeners: Listeners;

  constructor(dependencies: ModernOverLegacyDependencies) {
    this.#dependencies = dependencies;
    this.#links = new LegacyLinks({
      ...dependencies,
      onNotification: (principal, message) => this.#listeners.announce(principal, message),
    });
    this.#parked = new ParkedCalls(dependencies.sealer, (interaction) => this.#links.discard(interaction));
    this.#listeners = new Listeners(this.#links);
  }

  get connected(): number {
    return this.#links.size;
  }

  async call(call: MessageCall, message: Request): Promise<Answer> {
    const read = readModernMeta(message.params);
    if (!read.ok) throw new ProxyError("InvalidParams", read.error.message);
    const user = { principal: call.principal, capabilities: legacyCapabilities(read.meta) };
    switch (message.method) {
      case "server/discover":
        return modernAnswer(resultResponse(message.id, this.#discovered()));
      case "subscriptions/listen":
        return modernAnswer(await this.#listeners.listen(call, message, user));
      default:
        return modernAnswer(await this.#answer(call, { message, user, meta: read.meta }));
    }
  }

  async close(): Promise<void> {
    this.#parked.close();
    await this.#links.close();
  }

  async #answer(
    call: MessageCall,
    { message, user, meta }: { message: Request; user: LinkUser; meta: ModernMeta },
  ): Promise<Response> {
    const { method } = message;
    const reply = meta.logLevel === undefined ? withoutLog(call.reply) : call.reply;
    const mayAsk = interactive.has(method) && Object.keys(user.capabilities).length > 0;
    if (!mayAsk) {
      const answer = await this.#links.shared(user).call(legacyRequest(message), reply, this.#logLevel(meta));
      return this.#modern(answer, message);
    }
    const interaction = this.#resumed(call, message) ?? this.#started({ message, user, meta, reply });
    interaction.reply = reply;
    call.reply.onGone(() => this.#links.discard(interaction));
    return this.#step(interaction, message, user);
  }

  /** The parked call that the client comes back to, given its answers. */
  #resumed({ principal }: MessageCall, message: Request): Interaction | undefined {
    const { requestState, inputResponses } = message.params ?? {};
    if (requestState === undefined) return undefined;
    const interaction = this.#parked.take(requestState, message, principal);
    interaction?.respond(isRecord(inputResponses) ? inputResponses : {});
    return interaction;
  }

  #started({
    message,
    user,
    meta,
    reply,
  }: {
    message: Request;
    user: LinkUser;
    meta: ModernMeta;
    reply: ReplyStream;
  }): Interaction {
    const interaction = this.#links.exclusive(user, reply);
    interaction.start(legacyRequest(message), this.#logLevel(meta));
    return interaction;
  }

  async #step(interaction: Interaction, message: Request, { principal }: LinkUser): Promise<Response> {
    try {
      const step = await interaction.next();
      if (step.kind === "answer") {
        this.#links.release(interaction);
        return this.#modern(step.answer, message);
      }
      const requestState = this.#parked.park(interaction, message, principal);
      return resultResponse(message.id, { resultType: "input_required", inputRequests: step.questions, requestState });
    } catch (error) {
      this.#links.discard(interaction);
      throw error;
    }
  }

  #modern(answer: Response, { id, method }: Request): Response {
    if (isErrorResponse(answer)) {
      const code = answer.error.code === ErrorCode.resourceNotFound ? ErrorCode.invalidParams : answer.error.code;
      return errorResponse(id, { ...answer.error, code });
    }
    const { result } = answer;
    const meta = { ...metaOf(result), ...this.#identity() };
    const hints = cacheable.has(method) ? cacheHints : {};
    return resultResponse(id, withMeta({ resultType: "complete", ...hints, ...result }, meta));
  }

  #discovered(): Record<string, unknown> {
    const { capabilities = {}, instructions } = this.#dependencies.server() ?? {};
    // Tasks were redesigned for 2026-07-28; the old ones cannot be offered to its clients.
    const { tasks: _tasks, ...offered } = capabilities;
    return {
      resultType: "complete",
      supportedVersions: modernVersions,
      capabilities: offered,
      ...(instructions !== undefined && { instructions }),
      ...cacheHints,
      _meta: this.#identity(),
    };
  }

  #identity(): Record<string, unknown> {
    const { name = "", version = "", ...rest } = this.#dependencies.server()?.serverInfo ?? {};
    return { [MetaKey.serverInfo]: { ...rest, name: name || "unknown", version: version || "0" } };
  }

  #logLevel({ logLevel }: ModernMeta): string | undefined {
    return this.#dependencies.server()?.capabilities["logging"] === undefined ? undefined : logLevel;
  }
}

/** Only what lets a server ask: the rest of a client's capabilities would only multiply processes. */
function legacyCapabilities({ clientCapabilities }: ModernMeta): Record<string, unknown> {
  const { sampling, elicitation, roots } = clientCapabilities;
  return {
    ...(isRecord(sampling) && { sampling }),
    ...(isRecord(elicitation) && { elicitation }),
    ...(isRecord(roots) && { roots: {} }),
  };
}

function legacyRequest({ id, method, params }: Request): Request {
  const { inputResponses: _responses, requestState: _state, ...rest } = params ?? {};
  return request(id, method, withMeta(rest, endToEndMeta(params)));
}

/** 2026-07-28: no log messages for a request that did not ask for them. */
function withoutLog(reply: ReplyStream): ReplyStream {
  return {
    emit(frame) {
      if (!("method" in frame.message && frame.message.method === "notifications/message")) reply.emit(frame);
    },
    onGone: (callback) => reply.onGone(callback),
  };
}
