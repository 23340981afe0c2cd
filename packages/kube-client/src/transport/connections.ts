import { Agent, type Dispatcher, ProxyAgent } from "undici";
import type { TlsMaterial } from "../config/credentials.ts";
import { LocalDispatcher, type LocalServer } from "./local-server.ts";

/** Requests in flight at the same time; more wait for a free connection. */
const unaryConnections = 16;
/** Connecting takes this long at most. */
const connectTimeoutMs = 10_000;
/** A dead peer is noticed by the kernel after a few of these. */
const keepAliveProbeMs = 30_000;

/** Streams never share a pool with short calls: long watches would starve them. */
export type Lane = "unary" | "streams";

/**
 * The connections to one API server.
 *
 * *Guarantees*: one dispatcher per lane for as long as the TLS material stays the same, whatever the number of
 * calls; after a rotation new requests use new connections and the old ones close when their requests are done.
 */
export class Connections {
  readonly #proxyUrl: string | undefined;
  readonly #local: Dispatcher | undefined;
  readonly #lanes = new Map<Lane, { fingerprint: string; dispatcher: Dispatcher }>();
  #closed = false;

  constructor(proxyUrl?: string, localServer?: LocalServer) {
    this.#proxyUrl = proxyUrl;
    this.#local = localServer && new LocalDispatcher(localServer);
  }

  get(lane: Lane, tls: TlsMaterial): Dispatcher {
    if (this.#closed) throw new Error("Cannot connect: the client is closed");
    if (this.#local) return this.#local;
    const current = this.#lanes.get(lane);
    if (current?.fingerprint === tls.fingerprint) return current.dispatcher;
    const dispatcher = this.#open(lane, tls);
    this.#lanes.set(lane, { fingerprint: tls.fingerprint, dispatcher });
    void current?.dispatcher.close();
    return dispatcher;
  }

  /** Breaks off what is running and closes every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    const open = [...this.#lanes.values()];
    this.#lanes.clear();
    await Promise.all(open.map(({ dispatcher }) => dispatcher.destroy()));
  }

  #open(lane: Lane, tls: TlsMaterial): Dispatcher {
    const { fingerprint: _, ...material } = tls;
    const options = {
      connect: {
        ...material,
        timeout: connectTimeoutMs,
        keepAlive: true,
        keepAliveInitialDelay: keepAliveProbeMs,
      },
      // HTTP/1.1: one connection that breaks or stalls then costs one watch, not all of them.
      allowH2: false,
      pipelining: 1,
      connections: lane === "unary" ? unaryConnections : null,
      keepAliveTimeout: 30_000,
    };
    if (!this.#proxyUrl) return new Agent(options);
    return new ProxyAgent({ ...options, uri: this.#proxyUrl, requestTls: options.connect, proxyTunnel: true });
  }
}
