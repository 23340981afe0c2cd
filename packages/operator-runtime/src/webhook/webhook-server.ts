import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Client } from "@moorage/kube-client";
import { groupResourceOf } from "@moorage/kube-types";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Address } from "../server/http-endpoint.ts";
import { type CertificatePolicy, type CertificateState, defaultCertificatePolicy } from "./certificate-plan.ts";
import { CertificateStore } from "./certificate-store.ts";
import { type Conversion, checkConversions } from "./conversion.ts";
import { readBody } from "./read-body.ts";
import { Registration } from "./registration.ts";
import { admissionRoutes, conversionRoute, type Route } from "./routes.ts";
import type { Webhook } from "./webhook.ts";
import { hostsOf, type WebhookTarget } from "./webhook-configurations.ts";

/** A definition that was missing is looked for so often. */
const missingEveryMs = 5_000;

export interface WebhookOptions {
  webhooks: readonly Webhook[];
  /** Of kinds with several versions. Default: none. */
  conversions?: readonly Conversion[];
  /** How the API server gets here. Port 0 in a `url` stands for the port that the server got. */
  target: WebhookTarget;
  /** Default port 9443 on all interfaces. */
  address?: Address;
  /** Where the Secret with the certificates is. */
  namespace: string;
  /** Of the Secret and of the registrations. */
  name: string;
  certificates?: Partial<Omit<CertificatePolicy, "hosts">>;
  /** How often certificates and registrations are looked at. Default 60,000. */
  checkEveryMs?: number;
}

interface Context {
  /** Closed by `stop()`. */
  client: Client;
  clock: Clock;
  log: Logger;
  /** One admission or conversion took so long and ended so. */
  onAnswer(webhook: string, observed: { code: number; durationMs: number }): void;
  /** A converter broke, instead of refusing. */
  onConversionPanic(): void;
}

/**
 * Answers the API server's admission and conversion webhooks, with certificates of its own.
 *
 * *Guarantees*: it listens before it is registered; a webhook that throws refuses the request with a message instead
 * of harming another; certificates are renewed while both the old and the new one are trusted, so nothing fails.
 */
export class WebhookServer {
  readonly #options: WebhookOptions;
  readonly #context: Context;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #registration: Registration;
  readonly #server: Server;
  #store: CertificateStore | undefined;
  #target: WebhookTarget;
  #cancel = () => {};
  #certificate: string | undefined;
  #problem: string | undefined = "not registered yet";
  #stopped = false;

  constructor(options: WebhookOptions, context: Context) {
    this.#options = options;
    this.#context = context;
    this.#target = options.target;
    const { webhooks, conversions = [] } = options;
    const { client, log, onConversionPanic } = context;
    checkConversions(conversions);
    this.#routes = new Map([
      ...webhooks.flatMap((webhook) => admissionRoutes(webhook, log)),
      ...conversions.map((conversion) => conversionRoute(conversion, log, onConversionPanic)),
    ]);
    this.#registration = new Registration(client, log);
    this.#server = createServer({ minVersion: "TLSv1.2" }, (request, response) => void this.#handle(request, response));
    this.#server.requestTimeout = 10_000;
    this.#server.headersTimeout = 5_000;
    // An API server keeps an idle connection for 90 seconds: closed from here first, it may be just about to use it.
    this.#server.keepAliveTimeout = 120_000;
  }

  /** Undefined when the API server can reach it, else why not. */
  problem(): string | undefined {
    return this.#problem;
  }

  /** Listens, registers, and keeps both fresh. */
  async start(): Promise<void> {
    const port = await this.#listen();
    if ("url" in this.#target) this.#target = { url: withPort(this.#target.url, port) };
    const { client, clock } = this.#context;
    const { namespace, name, certificates } = this.#options;
    const policy = { ...defaultCertificatePolicy, ...certificates, hosts: hostsOf(this.#target) };
    this.#store = new CertificateStore({ client, namespace, name, policy, now: () => clock.now() });
    await this.#refresh();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      // An admission that is under way is answered within the API server's own time.
      setTimeout(() => this.#server.closeAllConnections(), 5_000).unref();
    });
    await this.#context.client.close();
  }

  #listen(): Promise<number> {
    const { host, port } = this.#options.address ?? { port: 9443 };
    return new Promise((resolve, reject) => {
      this.#server.once("error", (cause) => {
        reject(
          new Error(`Cannot serve webhooks on ${host ?? "*"}:${port}: ${cause.message}; choose another address`, {
            cause,
          }),
        );
      });
      this.#server.listen(port, host, () => {
        const bound = this.#server.address();
        resolve(typeof bound === "object" && bound ? bound.port : port);
      });
    });
  }

  #schedule(): void {
    const { checkEveryMs = 60_000 } = this.#options;
    const inMs = this.#problem ? Math.min(checkEveryMs, missingEveryMs) : checkEveryMs;
    this.#cancel = this.#context.clock.schedule(inMs, () => {
      void this.#refresh()
        .catch((error: unknown) => this.#context.log.error({ err: error }, "Cannot refresh webhook certificates"))
        .then(() => {
          if (!this.#stopped) this.#schedule();
        });
    });
  }

  /** Serves what the Secret says and registers what is trusted. */
  async #refresh(): Promise<void> {
    const state = await this.#store?.current();
    if (!state || this.#stopped) return;
    this.#serve(state);
    await this.#register(state);
  }

  #serve({ serving }: CertificateState): void {
    if (this.#certificate === serving.certificate) return;
    this.#server.setSecureContext({ cert: serving.certificate, key: serving.key, minVersion: "TLSv1.2" });
    this.#certificate = serving.certificate;
    this.#context.log.info("Serving a new webhook certificate");
  }

  async #register(state: CertificateState): Promise<void> {
    const { name, webhooks, conversions = [] } = this.#options;
    const reach = { target: this.#target, caBundle: state.authorities.join("\n") };
    await this.#registration.admissions(name, webhooks, reach);
    const missing: string[] = [];
    for (const conversion of conversions) {
      if (!(await this.#registration.conversion(conversion, reach))) missing.push(groupResourceOf(conversion.hub));
    }
    const problem = missing.map((definition) => `CustomResourceDefinition "${definition}" is missing; install it`);
    this.#tell(problem.length === 0 ? undefined : problem.join("; "));
  }

  /** Says in the log what is in the way, once. */
  #tell(problem: string | undefined): void {
    if (problem && problem !== this.#problem) this.#context.log.warn(`Cannot register conversions: ${problem}`);
    this.#problem = problem;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ""] = (request.url ?? "").split("?");
    const route = this.#routes.get(path);
    if (!route) return void response.writeHead(404).end("No such webhook\n");
    const { clock, onAnswer } = this.#context;
    const startedAt = clock.monotonic();
    const { status, body } = await this.#answer(route, request);
    onAnswer(route.name, { code: status, durationMs: clock.monotonic() - startedAt });
    // A body that was not read to its end would be taken for the next request.
    const headers = { "content-type": "application/json", ...(!request.complete && { connection: "close" }) };
    response.writeHead(status, headers).end(body);
  }

  async #answer(route: Route, request: IncomingMessage): Promise<{ status: number; body: string }> {
    try {
      const review: unknown = JSON.parse(await readBody(request));
      return { status: 200, body: JSON.stringify(await route.answer(review)) };
    } catch (error) {
      const bad = error instanceof SyntaxError || error instanceof RangeError;
      if (!bad) this.#context.log.error({ err: error, webhook: route.name }, "Cannot answer");
      const message = error instanceof Error ? error.message : String(error);
      return { status: bad ? 400 : 500, body: JSON.stringify({ message }) };
    }
  }
}

function withPort(url: string, port: number): string {
  const full = new URL(url);
  if (full.port === "0") full.port = String(port);
  return full.origin;
}
