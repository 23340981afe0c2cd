import { readFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import type { Step, StepAnswer } from "./scenario.ts";

/** A server to send scenarios to: nothing but a URL and a token. */
export class ApiConnection {
  readonly #url: string;
  readonly #token: string;
  // The servers under test make their certificates themselves.
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false });

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Reads URL and token of a kubeconfig with one cluster and one user. */
  static fromKubeconfig(path: string): ApiConnection {
    const text = readFileSync(path, "utf8");
    const url = /server: "?(https:\/\/[^"\s,}]+)/.exec(text)?.[1];
    const token = /token: "?([\w.-]+)/.exec(text)?.[1];
    if (!url || !token) throw new Error(`Cannot use kubeconfig "${path}": it names no server or no token`);
    return new ApiConnection(url, token);
  }

  send({ method, path, body, type = "application/json", accept = "application/json" }: Step): Promise<StepAnswer> {
    const payload = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${this.#token}`,
      accept,
      "user-agent": "conformance/1",
      ...(payload === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(payload) }),
    };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        new URL(path, this.#url),
        { method, headers, agent: this.#agent },
        async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          const warnings = [response.headers["warning"] ?? []].flat().map(String);
          resolve({ code: response.statusCode ?? 0, body: decode(Buffer.concat(chunks).toString("utf8")), warnings });
        },
      );
      request.on("error", reject);
      request.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Some refusals are plain text on every server.
    return text.trim();
  }
}
