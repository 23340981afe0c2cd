import type { Notification, Request } from "@moorage/mcp-messages";
import type { ReplyStream } from "../call.ts";
import type { Connect, Ending } from "../connection.ts";
import type { Principal } from "../principal.ts";
import { ProxyError } from "../proxy-error.ts";
import type { Limits } from "../settings.ts";
import { Interaction } from "./interaction.ts";
import { LegacyLink } from "./legacy-link.ts";

const idleMs = 60_000;
const clientInfo = { name: "moorage", version: "0.1.0" };

export interface LegacyLinksOptions {
  readonly connect: Connect;
  readonly limits: () => Limits;
  readonly onLost: (ending: Ending) => void;
  /** Links at the same time; a call that needs one more is refused. */
  readonly maximum: () => number;
  /** Told of what a server says that belongs to no call, with the principal whose link it came on. */
  readonly onNotification: (principal: Principal, message: Notification) => void;
}

/** Who a link may serve: one principal, with one set of capabilities, as those are part of the handshake. */
export interface LinkUser {
  readonly principal: Principal;
  readonly capabilities: Record<string, unknown>;
}

interface Entry {
  readonly key: string;
  readonly link: LegacyLink;
  interaction: Interaction | undefined;
}

/**
 * Conversations with legacy servers for clients that have none: shared by calls that ask nothing of the client,
 * exclusive where the server might.
 */
export class LegacyLinks {
  readonly #options: LegacyLinksOptions;
  readonly #entries = new Set<Entry>();
  readonly #reaper: NodeJS.Timeout;

  constructor(options: LegacyLinksOptions) {
    this.#options = options;
    this.#reaper = setInterval(() => this.#reap(), idleMs / 10);
    this.#reaper.unref();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A link that may serve other calls of the same user at the same time. */
  shared(user: LinkUser): LegacyLink {
    const key = `shared\0${keyOf(user)}`;
    const known = this.#find(key);
    return (known ?? this.#open(key, user)).link;
  }

  /** A link for one call alone; it goes back by `release`. */
  exclusive(user: LinkUser, reply: ReplyStream): Interaction {
    const key = `exclusive\0${keyOf(user)}`;
    const entry = this.#find(key) ?? this.#open(key, user);
    entry.interaction = new Interaction(entry.link, reply);
    return entry.interaction;
  }

  release(interaction: Interaction): void {
    for (const entry of this.#entries) if (entry.interaction === interaction) entry.interaction = undefined;
  }

  /** Ends a call that the server has not finished: its link cannot serve another one. */
  discard(interaction: Interaction): void {
    for (const entry of this.#entries) if (entry.interaction === interaction) this.#close(entry);
  }

  async close(): Promise<void> {
    clearInterval(this.#reaper);
    await Promise.all([...this.#entries].map(({ link }) => link.close()));
    this.#entries.clear();
  }

  #find(key: string): Entry | undefined {
    for (const entry of this.#entries) if (entry.link.ended) this.#entries.delete(entry);
    return [...this.#entries].find((entry) => entry.key === key && entry.interaction === undefined);
  }

  #open(key: string, { principal, capabilities }: LinkUser): Entry {
    const maximum = this.#options.maximum();
    if (this.#entries.size >= maximum) this.#makeRoom(maximum);
    const { connect, limits, onLost, onNotification } = this.#options;
    const link = new LegacyLink({
      connect,
      limits,
      onLost,
      principal,
      capabilities,
      clientInfo,
      onRequest: (_frame, message) => this.#asked(entry, message),
      onNotification: (_frame, message) => onNotification(principal, message),
    });
    const entry: Entry = { key, link, interaction: undefined };
    this.#entries.add(entry);
    return entry;
  }

  #asked({ interaction, link }: Entry, message: Request): void {
    if (interaction && message.method !== "ping") interaction.asked(message);
    else link.refuse(message);
  }

  #makeRoom(maximum: number): void {
    const idle = [...this.#entries].find(({ interaction, link }) => !interaction && link.inFlight === 0);
    if (idle) {
      this.#close(idle);
      return;
    }
    const text = `All ${maximum} server processes are busy: try again, or raise sessions.maximum`;
    throw new ProxyError("Overloaded", text, { retryAfterSeconds: 5 });
  }

  #reap(): void {
    const before = performance.now() - idleMs;
    for (const entry of this.#entries) {
      const idle = !entry.interaction && entry.link.inFlight === 0 && entry.link.usedAt < before;
      if (idle || entry.link.ended) this.#close(entry);
    }
  }

  #close(entry: Entry): void {
    this.#entries.delete(entry);
    void entry.link.close();
  }
}

function keyOf({ principal, capabilities }: LinkUser): string {
  return `${principal.id}\0${JSON.stringify(capabilities)}`;
}
