import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request as httpsRequest, type RequestOptions } from "node:https";
import type { Step, StepAnswer } from "./step.ts";
import { WatchLog } from "./watch-log.ts";

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

  /** What other clients need to reach the same server. */
  get credentials(): { url: string; token: string } {
    return { url: this.#url, token: this.#token };
  }

  /** Sends a request and reads its whole answer. */
  send(step: Step): Promise<StepAnswer> {
    const { body } = step;
    const payload = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        new URL(step.path, this.#url),
        this.#optionsOf(step, payload === undefined ? undefined : Buffer.byteLength(payload)),
        (response) => readAnswer(response).then(resolve, reject),
      );
      request.on("error", reject);
      if (step.pauseMs === undefined || payload === undefined) request.end(payload);
      else sendSlowly(payload, step.pauseMs, (part, isLast) => (isLast ? request.end(part) : request.write(part)));
    });
  }

  /** Opens a watch, or any other answer of one JSON value a line. */
  watch(step: Step): WatchLog {
    const log = new WatchLog();
    const request = httpsRequest(new URL(step.path, this.#url), this.#optionsOf(step, undefined), (response) =>
      log.read(response),
    );
    request.on("error", () => log.end());
    request.end();
    log.onStop = () => request.destroy();
    return log;
  }

  #optionsOf(
    { method, type = "application/json", accept = "application/json", headers }: Step,
    length: number | undefined,
  ): RequestOptions {
    return {
      method,
      agent: this.#agent,
      headers: {
        authorization: `Bearer ${this.#token}`,
        accept,
        "user-agent": "conformance/1",
        ...(length === undefined ? {} : { "content-type": type, "content-length": length }),
        ...headers,
      },
    };
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function readAnswer(response: IncomingMessage): Promise<StepAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const warnings = [response.headers["warning"] ?? []].flat().map(String);
  return { code: response.statusCode ?? 0, body: decode(Buffer.concat(chunks).toString("utf8")), warnings };
}

/** Two halves with a pause between them: a client whose connection is slow. */
function sendSlowly(payload: string, pauseMs: number, write: (part: string, isLast: boolean) => void): void {
  const middle = Math.ceil(payload.length / 2);
  write(payload.slice(0, middle), false);
  setTimeout(() => write(payload.slice(middle), true), pauseMs);
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Some refusals are plain text on every server.
    return text.trim();
  }
}
