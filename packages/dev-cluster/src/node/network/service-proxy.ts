import { createServer, type Server, type Socket } from "node:net";
import type { KubeObject } from "@moorage/kube-types";
import { Service } from "@moorage/kube-types/core-v1";
import { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import type { ClusterApi } from "../../cluster-api.ts";
import { forward, type Target } from "./forward.ts";
import { listenersOf, type ServiceListener } from "./service-table.ts";

const serviceLabel = "kubernetes.io/service-name";
/** Clients of a Service with affinity that are remembered. */
const rememberedClients = 10_000;

/**
 * Lets clients reach Services: listens on their cluster IPs and node ports and forwards to ready endpoints in turn.
 *
 * *Guarantees*: a Service without endpoints refuses connections at once, because nothing listens then. Connections
 * that exist live on when their endpoint leaves the Service.
 */
export class ServiceProxy {
  readonly #api: ClusterApi;
  readonly #hostAddress: string;
  readonly #failed: (service: Service, message: string) => void;
  readonly #open = new Map<string, OpenListener>();
  /** Which listeners a Service has opened, by `namespace/name`. */
  readonly #owned = new Map<string, Set<string>>();
  readonly #stops: (() => void)[];

  constructor(api: ClusterApi, options: { hostAddress: string; failed: (service: Service, message: string) => void }) {
    this.#api = api;
    this.#hostAddress = options.hostAddress;
    this.#failed = options.failed;
    this.#stops = [
      api.watch(Service, ({ object }) => this.#sync(object.metadata.namespace ?? "", object.metadata.name)),
      api.watch(EndpointSlice, ({ object }) => this.#syncOwnerOf(object)),
    ];
  }

  close(): void {
    for (const stop of this.#stops) stop();
    for (const listener of this.#open.values()) listener.close({ connections: true });
    this.#open.clear();
  }

  #syncOwnerOf({ metadata: { namespace = "", labels } }: KubeObject): void {
    const name = labels?.[serviceLabel];
    if (name !== undefined) this.#sync(namespace, name);
  }

  #sync(namespace: string, name: string): void {
    const service = this.#api.get(Service, { namespace, name });
    const labels = { matchLabels: { [serviceLabel]: name } };
    const slices = service ? this.#api.list(EndpointSlice, { namespace, labels }) : [];
    const wanted = service
      ? listenersOf(service, slices, this.#hostAddress).filter(({ targets }) => targets.length > 0)
      : [];
    const key = `${namespace}/${name}`;
    const ids = new Set(wanted.map(({ id }) => id));
    for (const id of this.#owned.get(key) ?? []) if (!ids.has(id)) this.#closeListener(id);
    for (const listener of wanted) if (service) this.#openListener(listener, service);
    if (ids.size > 0) this.#owned.set(key, ids);
    else this.#owned.delete(key);
  }

  #openListener(listener: ServiceListener, service: Service): void {
    const { id } = listener;
    const open = this.#open.get(id);
    const failed = (error: Error) => {
      this.#open.delete(id);
      this.#failed(service, listenFailure(listener, error));
    };
    if (open) open.update(listener);
    else this.#open.set(id, new OpenListener(listener, failed));
  }

  #closeListener(id: string): void {
    this.#open.get(id)?.close({ connections: false });
    this.#open.delete(id);
  }
}

/** What a user can do about an address that cannot be listened on. */
function listenFailure({ id, port }: ServiceListener, error: Error): string {
  const code = "code" in error ? error.code : undefined;
  if (code === "EACCES" && port < 1024) {
    return `Cannot listen on ${id}: ports below 1024 need root on this machine; give the Service a port of 1024 or above, or allow it with "sysctl net.ipv4.ip_unprivileged_port_start=0"`;
  }
  if (code === "EADDRINUSE")
    return `Cannot listen on ${id}: another program uses the port; stop it, or give the Service another port`;
  return `Cannot listen on ${id}: ${error.message}`;
}

class OpenListener {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #clients = new Map<string, { target: Target; atMs: number }>();
  #listener: ServiceListener;
  #turn = 0;

  constructor(listener: ServiceListener, failed: (error: Error) => void) {
    this.#listener = listener;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#serve(client));
    this.#server.once("error", failed);
    this.#server.listen({ host: listener.host, port: listener.port, backlog: 511 });
  }

  update(listener: ServiceListener): void {
    this.#listener = listener;
  }

  close({ connections }: { connections: boolean }): void {
    this.#server.close();
    if (connections) for (const socket of this.#connections) socket.destroy();
  }

  #serve(client: Socket): void {
    this.#connections.add(client);
    client.once("close", () => this.#connections.delete(client));
    client.on("error", () => undefined);
    const address = client.remoteAddress ?? "";
    forward(client, (tried) => this.#targetFor(address, tried));
  }

  #targetFor(client: string, tried: ReadonlySet<Target>): Target | undefined {
    const { affinitySeconds } = this.#listener;
    const targets = this.#listener.targets.filter((target) => !tried.has(target));
    if (affinitySeconds === undefined) return targets[this.#turn++ % targets.length];
    const known = this.#clients.get(client);
    const isFresh = known && performance.now() - known.atMs < affinitySeconds * 1000;
    const same =
      isFresh && targets.find(({ address, port }) => address === known.target.address && port === known.target.port);
    const target = same || targets[this.#turn++ % targets.length];
    if (target) this.#remember(client, target);
    return target;
  }

  #remember(client: string, target: Target): void {
    this.#clients.delete(client);
    this.#clients.set(client, { target, atMs: performance.now() });
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > rememberedClients && oldest !== undefined) this.#clients.delete(oldest);
  }
}
