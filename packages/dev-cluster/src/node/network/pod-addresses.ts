import { createServer } from "node:net";

/** A range of loopback addresses, `127.88.0.0/16`: its first two numbers are kept. */
export type AddressRange = `127.${number}.0.0/16`;

/**
 * Gives each pod an address of its own, so that the ports of pods never clash.
 *
 * *Guarantees*: no two pods share an address. *Caveats*: where the system has only 127.0.0.1 (macOS without
 * aliases), `perPod` is false and every pod gets 127.0.0.1; ports then clash as on a host network.
 */
export class PodAddresses {
  readonly perPod: boolean;
  readonly #prefix: string;
  readonly #taken = new Map<string, string>();
  #next = 0;

  private constructor(prefix: string, perPod: boolean) {
    this.#prefix = prefix;
    this.perPod = perPod;
  }

  /** Looks whether the system lets a program listen on an address of the range. */
  static async open(range: AddressRange): Promise<PodAddresses> {
    const prefix = range.split(".").slice(0, 2).join(".");
    return new PodAddresses(prefix, await canListenOn(`${prefix}.255.254`));
  }

  /** The address of the pod `uid`: `wanted` if it is one of ours and free (a pod keeps its address over a restart). */
  take(uid: string, wanted?: string): string {
    if (!this.perPod) return "127.0.0.1";
    const isOurs = wanted?.startsWith(`${this.#prefix}.`) && !this.#taken.has(wanted);
    const address = isOurs && wanted ? wanted : this.#nextFree();
    this.#taken.set(address, uid);
    return address;
  }

  release(address: string, uid: string): void {
    if (this.#taken.get(address) === uid) this.#taken.delete(address);
  }

  /** Goes round, so that an address is not used again right after its pod has gone. */
  #nextFree(): string {
    for (let tries = 0; tries < maxPods; tries++) {
      const address = `${this.#prefix}.${Math.floor(this.#next / 250)}.${(this.#next % 250) + 1}`;
      this.#next = (this.#next + 1) % maxPods;
      if (!this.#taken.has(address)) return address;
    }
    throw new Error(`Cannot give the pod an address: all ${maxPods} of ${this.#prefix}.0.0/16 are taken`);
  }
}

const maxPods = 250 * 250;

function canListenOn(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port: 0 }, () => server.close(() => resolve(true)));
  });
}
