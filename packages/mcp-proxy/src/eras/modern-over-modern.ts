import type { Request } from "@moorage/mcp-messages";
import type { Answer, MessageCall } from "../call.ts";
import type { Connect, Ending } from "../connection.ts";
import type { Limits } from "../settings.ts";
import { modernAnswer } from "./modern-answer.ts";
import { SharedConnection } from "./shared-connection.ts";

const idleMs = 300_000;

export interface ModernDependencies {
  readonly connect: Connect;
  readonly limits: () => Limits;
  readonly onLost: (ending: Ending) => void;
  /** How many conversations a principal's calls are spread over: one per process, several where there are many pods. */
  readonly spread: () => number;
}

/** Serves modern clients of a modern server: their calls share conversations, one set for each principal. */
export class ModernOverModern {
  readonly #dependencies: ModernDependencies;
  readonly #connections = new Map<string, { connection: SharedConnection; usedAt: number }>();
  readonly #reaper: NodeJS.Timeout;
  #turn = 0;

  constructor(dependencies: ModernDependencies) {
    this.#dependencies = dependencies;
    this.#reaper = setInterval(() => this.#reap(), idleMs / 10);
    this.#reaper.unref();
  }

  get connected(): number {
    return this.#connections.size;
  }

  async call(call: MessageCall, message: Request): Promise<Answer> {
    const connection = this.#connectionFor(call);
    const unlimited = message.method === "subscriptions/listen";
    return modernAnswer((await connection.call(message, { reply: call.reply, unlimited })).message);
  }

  async close(): Promise<void> {
    clearInterval(this.#reaper);
    await Promise.all([...this.#connections.values()].map(({ connection }) => connection.close()));
    this.#connections.clear();
  }

  #connectionFor({ principal }: MessageCall): SharedConnection {
    const { spread } = this.#dependencies;
    this.#turn = (this.#turn + 1) % spread();
    const key = `${principal.id}\0${this.#turn}`;
    const known = this.#connections.get(key);
    if (known && !known.connection.ended) {
      known.usedAt = performance.now();
      return known.connection;
    }
    const connection = new SharedConnection({ ...this.#dependencies, principal });
    this.#connections.set(key, { connection, usedAt: performance.now() });
    return connection;
  }

  #reap(): void {
    const before = performance.now() - idleMs;
    for (const [key, { connection, usedAt }] of this.#connections) {
      if (connection.ended) this.#connections.delete(key);
      else if (usedAt < before && connection.inFlight === 0) {
        this.#connections.delete(key);
        void connection.close();
      }
    }
  }
}
