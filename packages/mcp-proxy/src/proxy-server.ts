import type { Readable, Writable } from "node:stream";
import { Activity } from "./activity.ts";
import { resourceMetadata } from "./auth/resource-metadata.ts";
import type { Connect, Ending } from "./connection.ts";
import { dispatch } from "./dispatch.ts";
import { legacyOverModern } from "./eras/legacy-over-modern.ts";
import { ModernClients } from "./eras/modern-clients.ts";
import { type FrontSettings, serveFront } from "./http/front.ts";
import { KeepAlive } from "./http/keep-alive.ts";
import { isLoopback } from "./http/origin.ts";
import { type ProxyStatus, serveProbes } from "./http/probes.ts";
import { HTTPServer } from "./http/server.ts";
import { limitInFlight } from "./layers/limit-in-flight.ts";
import { layersFor, type Prepared, prepare } from "./layers.ts";
import type { Log } from "./observability/log.ts";
import { Metrics } from "./observability/metrics.ts";
import { LiveFiles } from "./run-config/live-files.ts";
import type { RunConfig } from "./run-config/schema.ts";
import { Sealer } from "./sessions/sealed.ts";
import { Sessions } from "./sessions/sessions.ts";
import { holdMsOf, limitsOf, sessionLimitsOf } from "./settings.ts";
import { StdioClient } from "./transports/stdio/serve.ts";
import { connectTo } from "./upstream/connect.ts";
import { withPolicy } from "./upstream/process-policy.ts";
import { UpstreamWatch } from "./upstream/upstream-watch.ts";

export interface ProxyServerOptions {
  /** Address to listen on, for clients and probes. Default: 127.0.0.1. */
  readonly host?: string;
  /** The environment that server processes start from. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
  /** SHA-256 of the file that the configuration was read from, for `/status`. */
  readonly configHash?: string;
}

const drainPollMs = 20;
/** For the last answers to leave. */
const flushMs = 2000;
/** Conversations that the calls of one modern principal are spread over where there may be several pods. */
const podConnections = 8;

/** One MCP server, served: listens at once, and answers 503 until the server has answered a handshake. */
export class ProxyServer {
  readonly #options: ProxyServerOptions;
  readonly #host: string;
  readonly #front: HTTPServer;
  readonly #probes: HTTPServer;
  readonly #sessions: Sessions;
  readonly #modern: ModernClients;
  readonly #watch: UpstreamWatch;
  readonly #metrics: Metrics;
  readonly #keepAlive: KeepAlive;
  readonly #activity = new Activity();
  readonly #files: LiveFiles;
  readonly #limitInFlight = limitInFlight(() => limitsOf(this.#config).inFlight);
  #config: RunConfig;
  #configHash: string | undefined;
  #configError: string | undefined;
  #connect: Connect;
  #settings: FrontSettings;
  #prepared: Prepared;
  #stopping = false;
  /** The port that clients use; known once `start` has resolved. */
  port = 0;
  /** The port of the probes, where they are served. */
  probePort: number | undefined;

  private constructor(config: RunConfig, prepared: Prepared, options: ProxyServerOptions) {
    const { log } = options;
    this.#options = options;
    this.#files = new LiveFiles(log);
    this.#host = options.host ?? "127.0.0.1";
    this.#config = config;
    this.#configHash = options.configHash;
    this.#prepared = prepared;
    this.#connect = this.#connectTo(config, prepared);
    const connect: Connect = (receiver, options) => this.#connect(receiver, options);
    const limits = () => limitsOf(this.#config);
    this.#watch = new UpstreamWatch({
      connect,
      timeoutMs: () => limits().handshakeTimeoutSeconds * 1000,
      trustMs: "command" in config.upstream ? Number.POSITIVE_INFINITY : 60_000,
      log,
    });
    const sealer = new Sealer(this.#files.keys(config.sessions?.keyFile, (keys) => sealer.useKeys(keys)));
    const onLost = (ending: Ending) => {
      this.#metrics.lost(ending.reason);
      log.warn({ reason: ending.reason }, ending.message);
      this.#watch.check();
    };
    const sessionLimits = () => sessionLimitsOf(this.#config);
    const shared = withPolicy(this.#asLegacy(connect), config.sessions?.processPolicy ?? "perSession", limits);
    this.#sessions = new Sessions({ connect: shared, limits, sessionLimits, sealer, log, onLost });
    this.#modern = new ModernClients({
      connect,
      limits,
      sealer,
      onLost,
      server: () => this.#watch.state.server,
      maximum: () => sessionLimits().maximum,
      spread: () => ("host" in this.#config.upstream ? podConnections : 1),
    });
    this.#metrics = new Metrics(config.name, {
      sessions: () => this.#sessions.size,
      processes: () => this.#connected,
      ready: () => this.#ready,
      accepting: () => this.#accepting,
      outdated: () => this.#configError !== undefined,
      held: () => this.#activity.held,
    });
    this.#keepAlive = new KeepAlive(limits().keepAliveSeconds * 1000);
    this.#settings = this.#settingsFrom(config, prepared);
    const onError = (error: unknown) => log.error({ err: error }, "A request failed unexpectedly");
    const front = { settings: () => this.#settings, keepAlive: this.#keepAlive, log };
    const certificate = this.#files.certificate(config.listen.tls, (renewed) => this.#front.useCertificate(renewed));
    this.#front = new HTTPServer((request, response) => serveFront(request, response, front), { onError, certificate });
    const probes = { metrics: this.#metrics, status: () => this.status, accepting: () => this.#accepting };
    this.#probes = new HTTPServer((request, response) => serveProbes(request, response, probes), { onError });
  }

  /** Throws an `Error` that names the field where a part of the configuration cannot be used. */
  static async create(config: RunConfig, options: ProxyServerOptions): Promise<ProxyServer> {
    return new ProxyServer(config, await prepare(config, options.log), options);
  }

  /**
   * Serves the client at the other end of two pipes, which has started us, instead of listening. Resolves when it has
   * closed its side; `stop` is to be called then.
   */
  async serveStdio(input: Readable, output: Writable): Promise<void> {
    const { oidc, audit } = this.#config;
    if (oidc) throw new Error("oidc: a client that starts the proxy brings no token: remove it, or listen on a port");
    if (audit && audit.file === undefined)
      throw new Error("audit.file: is missing: standard output belongs to the client");
    this.#files.watch();
    this.#watch.check();
    const client = new StdioClient(output, {
      limits: () => this.#settings.limits,
      handle: (call) => this.#settings.handle(call),
    });
    await this.#watch.settled;
    await client.serve(input);
  }

  /** Listens, and starts to shake hands with the server; does not wait for that. */
  async start(): Promise<void> {
    const { listen, probes } = this.#config;
    this.port = await this.#front.listen(listen.port, this.#host);
    if (probes) this.probePort = await this.#probes.listen(probes.port, this.#host);
    const { port, probePort } = this;
    this.#files.watch();
    this.#options.log.info({ host: this.#host, port, probePort }, "Listening");
    this.#watch.check();
  }

  get status(): ProxyStatus {
    const { server, error } = this.#watch.state;
    return {
      ready: this.#ready,
      upstream: server ?? null,
      ...(error && { error }),
      ...(this.#configHash !== undefined && { configHash: this.#configHash }),
      ...(this.#configError !== undefined && { configError: this.#configError }),
      sessions: this.#sessions.size,
      processes: this.#connected,
      activity: this.#activity.report(this.#sessions.connected),
    };
  }

  /**
   * Takes a new configuration: what is in flight finishes under the old one, sessions live on. A changed `upstream`
   * serves new sessions. Ports, TLS and the key file's place are fixed. `hash` is that of its file, for `/status`.
   * Returns why the new configuration cannot be used.
   */
  async configure(config: RunConfig, hash?: string): Promise<string | undefined> {
    const fixed = fixedFieldChanged(this.#config, config);
    if (fixed) return `${fixed} cannot change while the proxy runs: restart it`;
    const prepared = await prepare(config, this.#options.log, this.#prepared).catch(messageOf);
    if (typeof prepared === "string") return prepared;
    const moved = JSON.stringify(config.upstream) !== JSON.stringify(this.#config.upstream);
    // The spans of the old configuration are sent where it said.
    void this.#prepared.exporter?.close();
    this.#prepared = prepared;
    this.#config = config;
    this.#configHash = hash;
    this.#configError = undefined;
    this.#settings = this.#settingsFrom(config, prepared);
    this.#metrics.reloaded("applied");
    if (moved) {
      this.#connect = this.#connectTo(config, prepared);
      this.#watch.check();
    }
    return undefined;
  }

  /** Keeps the old configuration, and says in status, metrics and log why. */
  refuseConfig(problem: string): void {
    this.#configError = problem;
    this.#metrics.reloaded("refused");
    this.#options.log.error({ problem }, "The new configuration is refused; the old one stays in use");
  }

  /**
   * Takes calls for `limits.lingerSeconds` more and as long as clients still come, lets those in flight finish within
   * `limits.drainSeconds`, then stops every server process.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    const { lingerSeconds, drainSeconds } = limitsOf(this.#config);
    this.#front.askToLeave();
    await sleep(lingerSeconds * 1000);
    const deadline = performance.now() + drainSeconds * 1000;
    // A stream that ends frees its connection, on which its client may send the next request at once.
    this.#sessions.closeStreams();
    // Where load balancers and clients are slower than that, up to half of the time to drain is spent on waiting for them.
    if (lingerSeconds > 0) await this.#front.whenLeft((drainSeconds * 1000) / 2);
    this.#files.close();
    await this.#front.stopAccepting();
    this.#watch.release();
    this.#sessions.closeStreams();
    while ((this.#sessions.busy || this.#modern.busy) && performance.now() < deadline) await sleep(drainPollMs);
    await Promise.all([this.#sessions.close("The proxy is stopping"), this.#modern.close(), this.#watch.close()]);
    await this.#prepared.exporter?.close();
    this.#keepAlive.close();
    await this.#front.drain(flushMs);
    this.#front.closeAll();
    this.#probes.closeAll();
  }

  /** Server processes or upstream sessions that are open now. */
  get #connected(): number {
    return this.#sessions.connected + this.#modern.connected;
  }

  /** Legacy sessions find a legacy server, whatever the era of the real one. */
  #asLegacy(connect: Connect): Connect {
    return (receiver, options) => {
      const { server } = this.#watch.state;
      const translated = server?.era === "modern" ? legacyOverModern(connect, server) : connect;
      return translated(receiver, options);
    };
  }

  get #ready(): boolean {
    return this.#watch.ready && !this.#stopping;
  }

  /** Where calls can wait for the server, clients need not. */
  get #accepting(): boolean {
    return this.#ready || (!this.#stopping && holdMsOf(this.#config) > 0);
  }

  #settingsFrom(config: RunConfig, prepared: Prepared): FrontSettings {
    const layered = {
      log: this.#options.log,
      metrics: this.#metrics,
      watch: this.#watch,
      activity: this.#activity,
      limitInFlight: this.#limitInFlight,
    };
    const allowedHosts = config.allowedHosts ?? (isLoopback(this.#host) ? [] : undefined);
    return {
      limits: limitsOf(config),
      origins: { allowedOrigins: config.allowedOrigins ?? [], allowedHosts },
      handle: layersFor(config, prepared, layered)(dispatch(this.#sessions, this.#modern)),
      foreign: (requestID, { code }, { origin, host }) => {
        this.#metrics.observe({ method: "", tool: undefined, outcome: code, seconds: 0 });
        prepared.audit?.write({ requestID, origin, host, outcome: "denied", reason: code });
      },
      resourceMetadata: (headers) => resourceMetadata(config, headers),
    };
  }

  #connectTo({ upstream }: RunConfig, { pluginConnect }: Prepared): Connect {
    if (upstream.transport === "plugin") return pluginConnect;
    const { environment, log } = this.#options;
    return connectTo(upstream, {
      environment,
      log,
      maximumBytes: () => limitsOf(this.#config).responseBytes,
      credentials: (principal) => this.#prepared.exchanger?.headersFor(principal),
    });
  }
}

function fixedFieldChanged(before: RunConfig, after: RunConfig): string | undefined {
  if (before.name !== after.name) return "name";
  if (before.listen.port !== after.listen.port) return "listen.port";
  if (JSON.stringify(before.listen.tls) !== JSON.stringify(after.listen.tls)) return "listen.tls";
  if (before.probes?.port !== after.probes?.port) return "probes.port";
  if (before.sessions?.processPolicy !== after.sessions?.processPolicy) return "sessions.processPolicy";
  return before.sessions?.keyFile === after.sessions?.keyFile ? undefined : "sessions.keyFile";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
