import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { makeCertificate } from "./certificate.ts";

/** What a webhook answers to a review or a conversion; undefined: nothing, ever. */
export type WebhookAnswer = (body: WebhookRequest) => object | undefined;

/** The `request` of an AdmissionReview or a ConversionReview. */
export type WebhookRequest = Readonly<Record<string, unknown>>;

/** The webhooks of all scenarios: one HTTPS server that both API servers reach. */
export class WebhookServer {
  readonly #server: Server;
  readonly #url: string;
  readonly #caBundle: string;
  readonly #answers: Map<string, WebhookAnswer>;

  private constructor(parts: { server: Server; caBundle: string; answers: Map<string, WebhookAnswer> }) {
    this.#server = parts.server;
    this.#caBundle = parts.caBundle;
    this.#answers = parts.answers;
    const address: AddressInfo | string | null = parts.server.address();
    this.#url = `https://127.0.0.1:${typeof address === "object" ? address?.port : address}`;
  }

  /** Listens on a free port. */
  static async start(): Promise<WebhookServer> {
    const { certificate, key } = await makeCertificate();
    const answers = new Map<string, WebhookAnswer>();
    const server = createServer({ cert: certificate, key }, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const review: { apiVersion: string; kind: string; request: WebhookRequest } = JSON.parse(
        Buffer.concat(chunks).toString(),
      );
      const answer = answers.get((request.url ?? "").split("?")[0] ?? "")?.(review.request);
      if (answer === undefined) return;
      const { apiVersion, kind } = review;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ apiVersion, kind, response: { uid: review.request["uid"], ...answer } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new WebhookServer({ server, caBundle: Buffer.from(certificate).toString("base64"), answers });
  }

  /** Answers at `path` from now on; returns what a configuration needs to know. */
  serve(path: string, answer: WebhookAnswer): { url: string; caBundle: string } {
    this.#answers.set(path, answer);
    return { url: `${this.#url}${path}`, caBundle: this.#caBundle };
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
