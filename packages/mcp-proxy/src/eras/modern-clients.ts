import type { Request } from "@moorage/mcp-messages";
import type { Answer, MessageCall } from "../call.ts";
import { ModernOverLegacy, type ModernOverLegacyDependencies } from "./modern-over-legacy.ts";
import { ModernOverModern } from "./modern-over-modern.ts";

export interface ModernClientsDependencies extends ModernOverLegacyDependencies {
  readonly spread: () => number;
}

/** Serves modern clients, whatever era their server is of. */
export class ModernClients {
  readonly #dependencies: ModernClientsDependencies;
  readonly #modern: ModernOverModern;
  readonly #legacy: ModernOverLegacy;
  #waiting = 0;

  constructor(dependencies: ModernClientsDependencies) {
    this.#dependencies = dependencies;
    this.#modern = new ModernOverModern(dependencies);
    this.#legacy = new ModernOverLegacy(dependencies);
  }

  get connected(): number {
    return this.#modern.connected + this.#legacy.connected;
  }

  /** Whether a client waits for an answer. Streams that stay open, and calls that wait for a client, do not count. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  async call(call: MessageCall, message: Request): Promise<Answer> {
    const waits = message.method === "subscriptions/listen" ? 0 : 1;
    const era = this.#dependencies.server()?.era;
    this.#waiting += waits;
    try {
      return await (era === "modern" ? this.#modern : this.#legacy).call(call, message);
    } finally {
      this.#waiting -= waits;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#modern.close(), this.#legacy.close()]);
  }
}
