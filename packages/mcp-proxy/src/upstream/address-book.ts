import { lookup } from "node:dns/promises";

/** One user's hold on an address; the book counts them. */
export interface Lease {
  /** Resolves to the chosen address; rejects where the name has none. */
  readonly address: Promise<string>;
  /** The chosen address, and after it the others, in the order in which to try them. */
  readonly candidates: Promise<readonly string[]>;
  /** The address once it is chosen. */
  readonly current: string | undefined;
  /** Says which of the candidates it became. */
  moveTo(address: string): void;
  /** Gives the address back. May be called more than once. */
  release(): void;
}

/** Spreads users over all the addresses of a host name: each gets the one with the fewest. */
export class AddressBook {
  readonly #host: string;
  readonly #resolve: (host: string) => Promise<string[]>;
  readonly #users = new Map<string, number>();

  constructor(host: string, resolve: (host: string) => Promise<string[]> = resolveAll) {
    this.#host = host;
    this.#resolve = resolve;
  }

  /** The name is resolved anew for every lease: pods come and go. `preferred` is taken if it is still there. */
  lease(preferred?: string): Lease {
    let current: string | undefined;
    let released = false;
    const moveTo = (address: string) => {
      if (address === current || released) return;
      if (current !== undefined) this.#count(current, -1);
      current = address;
      this.#count(address, 1);
    };
    const choose = async () => {
      const addresses = await this.#resolve(this.#host);
      const ordered = this.#inOrder(addresses, preferred);
      const [first] = ordered;
      if (first === undefined) throw new Error("the name has no addresses");
      moveTo(first);
      return ordered;
    };
    const candidates = choose();
    const address = candidates.then(([first = ""]) => first);
    // Where the host is an address itself no one waits for the name.
    for (const promise of [candidates, address]) promise.catch(() => {});
    return {
      address,
      candidates,
      get current() {
        return current;
      },
      moveTo,
      release: () => {
        if (!released && current !== undefined) this.#count(current, -1);
        released = true;
      },
    };
  }

  /** The preferred one, if it is still there, then those with the fewest users. */
  #inOrder(addresses: readonly string[], preferred: string | undefined): string[] {
    const isPreferred = (address: string) => (address === preferred ? 0 : 1);
    return addresses.toSorted((a, b) => isPreferred(a) - isPreferred(b) || this.#usersOf(a) - this.#usersOf(b));
  }

  #usersOf(address: string): number {
    return this.#users.get(address) ?? 0;
  }

  #count(address: string, change: number): void {
    const users = this.#usersOf(address) + change;
    if (users > 0) this.#users.set(address, users);
    else this.#users.delete(address);
  }
}

async function resolveAll(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}
