import { MetaKey, metaOf, type Notification, type Request, type RequestId } from "@moorage/mcp-messages";
import type { ReplyStream } from "../call.ts";
import type { Frame } from "../frame.ts";
import { ProxyError } from "../proxy-error.ts";

interface Pending {
  readonly reply: ReplyStream | undefined;
  readonly progressToken: unknown;
  /** It only listens, and nothing that the server says beside its subscriptions is for it. */
  readonly listens: boolean;
  /** It asked for log messages, as modern requests do one by one. */
  readonly logs: boolean;
  readonly silence: NodeJS.Timeout;
  readonly deadline: number;
  resolve(answer: Frame): void;
  reject(error: ProxyError): void;
}

export interface Timeouts {
  /** Milliseconds without an answer or progress. */
  readonly silentMs: number;
  /** Milliseconds altogether. */
  readonly totalMs: number;
  /** Called before the request fails. */
  readonly onTimeout: () => void;
}

/** The requests that a client waits for, by id. Each settles exactly once. */
export class PendingRequests {
  readonly #requests = new Map<RequestId, Pending>();
  readonly #tokens = new Map<unknown, Pending>();

  get size(): number {
    return this.#requests.size;
  }

  /** The id of the one pending request that is more than a listen stream, where there is exactly one. */
  get only(): RequestId | undefined {
    return this.#onlyOne(({ listens }) => !listens);
  }

  /** Resolves with the answer. Refuses an id that is in use: its answers could not be told apart. */
  add(request: Request, reply: ReplyStream | undefined, timeouts: Timeouts): Promise<Frame> {
    const { id } = request;
    if (this.#requests.has(id)) {
      const text = `A request with id ${JSON.stringify(id)} is in flight in this session: choose another id`;
      return Promise.reject(new ProxyError("InvalidRequest", text));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#timedOut(id, timeouts), Math.min(timeouts.silentMs, timeouts.totalMs));
      const { [MetaKey.progressToken]: progressToken, [MetaKey.logLevel]: logLevel } = metaOf(request.params);
      const kind = { listens: request.method === "subscriptions/listen", logs: logLevel !== undefined };
      const deadline = performance.now() + timeouts.totalMs;
      const pending: Pending = { reply, progressToken, ...kind, silence: timer, deadline, resolve, reject };
      this.#requests.set(id, pending);
      if (progressToken !== undefined) this.#tokens.set(progressToken, pending);
    });
  }

  /** Whether someone waited for the answer. */
  settle(id: RequestId, answer: Frame): boolean {
    const pending = this.#take(id);
    pending?.resolve(answer);
    return pending !== undefined;
  }

  /** Whether someone waited for the answer. */
  fail(id: RequestId, error: ProxyError): boolean {
    const pending = this.#take(id);
    pending?.reject(error);
    return pending !== undefined;
  }

  failAll(error: ProxyError): void {
    for (const id of [...this.#requests.keys()]) this.fail(id, error);
  }

  /** The stream of the request that a message belongs to; where that is unknown, of the only one there is. */
  replyFor(about: RequestId | undefined): ReplyStream | undefined {
    const id = about ?? this.only;
    return id === undefined ? undefined : this.#requests.get(id)?.reply;
  }

  /** As `replyFor`, for notifications: progress belongs to the request with its token, and gives it more time. */
  replyOf(message: Notification, about: RequestId | undefined): ReplyStream | undefined {
    if (message.method === "notifications/progress") {
      const pending = this.#tokens.get(message.params?.["progressToken"]);
      if (pending && performance.now() < pending.deadline) pending.silence.refresh();
      if (pending) return pending.reply;
    }
    if (belongsToSession(message.method)) return undefined;
    const logged = message.method === "notifications/message" ? this.#onlyOne(({ logs }) => logs) : undefined;
    return this.replyFor(about ?? logged);
  }

  #onlyOne(fits: (pending: Pending) => boolean): RequestId | undefined {
    const [first, second] = this.#requests
      .entries()
      .filter(([, pending]) => fits(pending))
      .take(2);
    return second ? undefined : first?.[0];
  }

  #take(id: RequestId): Pending | undefined {
    const pending = this.#requests.get(id);
    if (!pending) return undefined;
    clearTimeout(pending.silence);
    this.#requests.delete(id);
    if (this.#tokens.get(pending.progressToken) === pending) this.#tokens.delete(pending.progressToken);
    return pending;
  }

  #timedOut(id: RequestId, { silentMs, totalMs, onTimeout }: Timeouts): void {
    onTimeout();
    const text = `The server gave neither answer nor progress for ${silentMs / 1000} s, or no answer for ${totalMs / 1000} s`;
    this.fail(id, new ProxyError("ServerTimeout", text));
  }
}

/** Notifications about the server as a whole: they belong to no request, even where one is in flight. */
function belongsToSession(method: string): boolean {
  return method.endsWith("/list_changed") || method === "notifications/resources/updated";
}
