import { HTTPClient, type Response } from "./http-client.ts";

export interface LoadOptions {
  readonly url: URL;
  readonly sessions: number;
  /** More request headers, each with its line end. */
  readonly headers: string;
}

export interface Measurement {
  readonly callsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

/** For calls that are still open when the time is over. */
const patienceMs = 10_000;
const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: "init",
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } },
});

interface Session {
  readonly client: HTTPClient;
  readonly headers: string;
  readonly number: number;
}

/** Opens sessions, and calls `echo` on each of them, one call after another, for the given time. */
export class Load {
  readonly #options: LoadOptions;
  readonly #sessions: Session[] = [];

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { sessions } = this.#options;
    for (let number = 0; number < sessions; number += 1) this.#sessions.push(await this.#openSession(number));
  }

  /** May be called more than once, one run after another. */
  async run(milliseconds: number): Promise<Measurement> {
    const latencies: number[] = [];
    let errors = 0;
    const start = performance.now();
    // A call that never ends is an error, not the end of the bench; supergateway loses some.
    const giveUp = () => {
      for (const { client } of this.#sessions) client.giveUp();
    };
    const timer = setTimeout(giveUp, milliseconds + patienceMs);
    const worker = async (session: Session) => {
      for (let call = 0; performance.now() - start < milliseconds; call += 1) {
        const before = performance.now();
        if (await called(session, call)) latencies.push(performance.now() - before);
        else errors += 1;
      }
    };
    await Promise.all(this.#sessions.map(worker));
    clearTimeout(timer);
    const seconds = (performance.now() - start) / 1000;
    latencies.sort((a, b) => a - b);
    const quantile = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
    return { callsPerSecond: latencies.length / seconds, p50: quantile(0.5), p99: quantile(0.99), errors };
  }

  close(): void {
    for (const { client } of this.#sessions) client.close();
  }

  /** A server that has just been started may need a moment. */
  async #initialized(client: HTTPClient): Promise<Response> {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const response = await client.post(initialize, this.#options.headers);
      if (response.status !== 503) return response;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error("The server does not become ready");
  }

  async #openSession(number: number): Promise<Session> {
    const client = new HTTPClient(this.#options.url);
    const { headers } = this.#options;
    const { status, head, body } = await this.#initialized(client);
    if (status !== 200) throw new Error(`initialize was answered with ${status}: ${body}`);
    const id = /mcp-session-id: *([^\r\n]+)/i.exec(head)?.[1];
    const session = `${headers}MCP-Protocol-Version: 2025-11-25\r\n${id ? `Mcp-Session-Id: ${id}\r\n` : ""}`;
    await client.post('{"jsonrpc":"2.0","method":"notifications/initialized"}', session);
    return { client, headers: session, number };
  }
}

/** Whether the answer is the one to this very call. */
async function called({ client, headers, number }: Session, call: number): Promise<boolean> {
  const text = `${number}-${call}`;
  const body = `{"jsonrpc":"2.0","id":"${text}","method":"tools/call","params":{"name":"echo","arguments":{"text":"t${text}"}}}`;
  const answer = await client.post(body, headers).catch(() => undefined);
  return answer?.status === 200 && answer.body.includes(`"t${text}"`);
}
