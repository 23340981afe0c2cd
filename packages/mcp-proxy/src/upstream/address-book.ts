import { lookup } from "node:dns/promises";

/** One user's hold on an address; the book counts them. */
export interface Lease {
  /** Resolves to the chosen address; rejects where the name has none. */
  readonly address: Promise<string>;
  /** The address once it is chosen. */
  readonly current: string | undefined;
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
    const choose = async () => {
      const addresses = await this.#resolve(this.#host);
      const address = preferred !== undefined && addresses.includes(preferred) ? preferred : this.#leastUsed(addresses);
      current = address;
      if (!released) this.#count(address, 1);
      return address;
    };
    const address = choose();
    // Where the host is an address itself no one waits for the name.
    address.catch(() => {});
    return {
      address,
      get current() {
        return current;
      },
      release: () => {
        if (!released && current !== undefined) this.#count(current, -1);
        released = true;
      },
    };
  }

  #leastUsed(addresses: readonly string[]): string {
    const [first, ...rest] = addresses;
    if (first === undefined) throw new Error("the name has no addresses");
    return rest.reduce((best, address) => (this.#usersOf(address) < this.#usersOf(best) ? address : best), first);
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
