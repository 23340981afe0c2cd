import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type DevCluster, startDevCluster } from "../dev-cluster.ts";
import { type Fields, isFields } from "../store/api-object.ts";

/** An answer of the API server. */
export interface Answer {
  readonly code: number;
  readonly body: Fields;
  readonly text: string;
  readonly headers: IncomingMessage["headers"];
}

/** How a request differs from a plain JSON one of the administrator. */
export interface RequestOptions {
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: the administrator's; empty: none. */
  readonly token?: string;
}

/** An API server without controllers and node, in a folder of its own, spoken to over TLS. */
export class TestCluster {
  readonly cluster: DevCluster;
  readonly dir: string;
  readonly #token: string;
  readonly #ca: Buffer;

  private constructor(cluster: DevCluster, dir: string) {
    this.cluster = cluster;
    this.dir = dir;
    this.#token = readFileSync(join(dir, "pki/admin.token"), "utf8");
    this.#ca = readFileSync(join(dir, "pki/ca.crt"));
  }

  static async start(): Promise<TestCluster> {
    const dir = mkdtempSync(join(tmpdir(), "dev-cluster-"));
    return new TestCluster(await startDevCluster({ dir, port: 0, node: false, controllers: false }), dir);
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    rmSync(this.dir, { recursive: true });
  }

  async request(method: string, path: string, body?: unknown, options: RequestOptions = {}): Promise<Answer> {
    const response = await this.#open(method, path, { body, options });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const parsed: unknown = /json/.test(response.headers["content-type"] ?? "") ? JSON.parse(text) : {};
    return { code: response.statusCode ?? 0, body: isFields(parsed) ? parsed : {}, text, headers: response.headers };
  }

  get = (path: string, options?: RequestOptions) => this.request("GET", path, undefined, options);
  create = (path: string, body: unknown, options?: RequestOptions) => this.request("POST", path, body, options);
  patch = (path: string, body: unknown, type: string) => this.request("PATCH", path, body, { type });
  apply = (path: string, body: unknown, query = "fieldManager=test") =>
    this.request("PATCH", `${path}?${query}`, body, { type: "application/apply-patch+yaml" });

  /** The events of a watch as they come. Leaving the loop ends the watch. */
  async *watch(path: string): AsyncGenerator<{ type: string; object: Fields }> {
    const response = await this.#open("GET", path, { options: {} });
    try {
      for await (const line of createInterface({ input: response })) yield JSON.parse(line);
    } finally {
      response.destroy();
    }
  }

  #open(
    method: string,
    path: string,
    { body, options }: { body?: unknown; options: RequestOptions },
  ): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const token = options.token ?? this.#token;
    const headers = {
      ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      ...(payload === undefined
        ? {}
        : { "content-type": options.type ?? "application/json", "content-length": Buffer.byteLength(payload) }),
      ...options.headers,
    };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        new URL(path, this.cluster.url),
        { method, headers, ca: this.#ca, agent: false },
        resolve,
      );
      request.on("error", reject);
      request.end(payload);
    });
  }
}
