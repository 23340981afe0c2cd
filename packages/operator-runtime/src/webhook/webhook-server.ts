import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Client } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "@moorage/kube-types/admissionregistration-v1";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { hashOf } from "../json.ts";
import type { Address } from "../server/http-endpoint.ts";
import {
  type AdmissionResponse,
  answerMutation,
  answerValidation,
  parseReview,
  type Review,
} from "./admission-review.ts";
import { type CertificatePolicy, type CertificateState, defaultCertificatePolicy } from "./certificate-plan.ts";
import { CertificateStore } from "./certificate-store.ts";
import type { Webhook } from "./webhook.ts";
import { hostsOf, type WebhookTarget, webhookConfigurations, webhookPath } from "./webhook-configurations.ts";

/** An object and its predecessor, each as large as the API server takes one. */
const maxBodyBytes = 8 * 1024 * 1024;

export interface WebhookOptions {
  webhooks: readonly Webhook[];
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
  /** One admission took so long and ended so. */
  onAdmission(webhook: string, observed: { code: number; durationMs: number }): void;
}

type Route = (review: Review) => Promise<AdmissionResponse>;

/**
 * Answers the API server's admission webhooks, with certificates of its own.
 *
 * *Guarantees*: it listens before it is registered; a webhook that throws refuses the request with a message instead
 * of harming another; certificates are renewed while both the old and the new one are trusted, so no admission fails.
 */
export class WebhookServer {
  readonly #options: WebhookOptions;
  readonly #context: Context;
  readonly #routes = new Map<string, { webhook: Webhook; answer: Route }>();
  readonly #server: Server;
  #store: CertificateStore | undefined;
  #target: WebhookTarget;
  #cancel = () => {};
  #certificate: string | undefined;
  #registered = false;
  #stopped = false;

  constructor(options: WebhookOptions, context: Context) {
    this.#options = options;
    this.#context = context;
    this.#target = options.target;
    for (const webhook of options.webhooks) this.#route(webhook);
    this.#server = createServer({ minVersion: "TLSv1.2" }, (request, response) => void this.#handle(request, response));
    this.#server.requestTimeout = 10_000;
    this.#server.headersTimeout = 5_000;
  }

  /** Undefined when the API server can reach it, else why not. */
  problem(): string | undefined {
    return this.#registered ? undefined : "not registered yet";
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

  #route(webhook: Webhook): void {
    const { mutate, validate } = webhook;
    if (mutate)
      this.#routes.set(webhookPath("mutate", webhook), { webhook, answer: (r) => answerMutation(webhook, r) });
    if (validate)
      this.#routes.set(webhookPath("validate", webhook), { webhook, answer: (r) => answerValidation(webhook, r) });
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
    this.#cancel = this.#context.clock.schedule(this.#options.checkEveryMs ?? 60_000, () => {
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
    this.#registered = true;
  }

  #serve({ serving }: CertificateState): void {
    if (this.#certificate === serving.certificate) return;
    this.#server.setSecureContext({ cert: serving.certificate, key: serving.key, minVersion: "TLSv1.2" });
    this.#certificate = serving.certificate;
    this.#context.log.info("Serving a new webhook certificate");
  }

  async #register(state: CertificateState): Promise<void> {
    const { name, webhooks } = this.#options;
    const reach = { target: this.#target, caBundle: state.authorities.join("\n") };
    const { mutating, validating } = webhookConfigurations(name, webhooks, reach);
    if (mutating) await this.#applyIfDifferent(MutatingWebhookConfiguration, mutating);
    if (validating) await this.#applyIfDifferent(ValidatingWebhookConfiguration, validating);
  }

  async #applyIfDifferent<T extends KubeObject>(type: ResourceType<T>, wanted: T): Promise<void> {
    const { client, log } = this.#context;
    const annotation = "moorage.dev/applied";
    const hash = hashOf(wanted);
    const live = await client.find(type, wanted.metadata);
    const bundles = (object: unknown) =>
      JSON.stringify(object)
        .match(/"caBundle":"[^"]*"/g)
        ?.sort()
        .join();
    if (live?.metadata.annotations?.[annotation] === hash && bundles(live) === bundles(wanted)) return;
    await client.apply(type, { ...wanted, metadata: { ...wanted.metadata, annotations: { [annotation]: hash } } });
    log.info({ kind: type.kind, name: wanted.metadata.name }, "Registered webhooks");
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = this.#routes.get(new URL(request.url ?? "/", "https://localhost").pathname);
    if (!route) return void response.writeHead(404).end("No such webhook\n");
    const startedAt = this.#context.clock.monotonic();
    const { status, body } = await this.#answer(route, request);
    this.#context.onAdmission(route.webhook.name, {
      code: status,
      durationMs: this.#context.clock.monotonic() - startedAt,
    });
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  async #answer(
    route: { webhook: Webhook; answer: Route },
    request: IncomingMessage,
  ): Promise<{ status: number; body: unknown }> {
    let review: Review;
    try {
      review = parseReview(JSON.parse(await readBody(request)));
    } catch (error) {
      return { status: 400, body: { message: error instanceof Error ? error.message : String(error) } };
    }
    const response = await route.answer(review).catch((error: unknown): AdmissionResponse => {
      this.#context.log.error({ err: error, webhook: route.webhook.name }, "Cannot admit");
      const message = `Webhook "${route.webhook.name}" failed: ${error instanceof Error ? error.message : String(error)}`;
      return { uid: review.uid, allowed: false, status: { code: 500, reason: "InternalError", message } };
    });
    return { status: 200, body: { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response } };
  }
}

function withPort(url: string, port: number): string {
  const full = new URL(url);
  if (full.port === "0") full.port = String(port);
  return full.origin;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new RangeError(`The body is larger than ${maxBodyBytes} bytes`);
  }
  return Buffer.concat(chunks, bytes).toString("utf8");
}
