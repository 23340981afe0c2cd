import { readFile } from "node:fs/promises";
import { Agent, request } from "undici";
import { ProxyError } from "../proxy-error.ts";
import type { OIDC } from "../run-config/security-schema.ts";

const timeoutMs = 10_000;
const maximumBytes = 1024 * 1024;

/** A client that is told that its token is bad throws it away, and asks its user: not where only we cannot judge it. */
export function providerDown(why: string): ProxyError {
  const text = `The OpenID provider cannot be asked whether the token is good: ${why}`;
  return new ProxyError("Unavailable", text, { retryAfterSeconds: 1 });
}

/** Speaks to the OpenID provider, with the certificates and credentials of the configuration. Bounded in time and size. */
export class ProviderClient {
  readonly #config: OIDC;
  /** With the certificates that it was made with: their file is renewed while we run. */
  #agent: { readonly agent: Agent; readonly ca: string | undefined } | undefined;

  constructor(config: OIDC) {
    this.#config = config;
  }

  /** A JSON document; throws where there is none. */
  async getJSON(url: string): Promise<unknown> {
    const { tokenFile } = this.#config;
    const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, "utf8")).trim();
    return this.#fetch(url, { method: "GET", headers: { ...(token && { authorization: `Bearer ${token}` }) } });
  }

  /** The answer to a form, sent with our own client credentials. */
  async postForm(url: string, form: Readonly<Record<string, string>>): Promise<unknown> {
    const { clientID, clientSecretFile } = this.#config;
    const secret = clientSecretFile === undefined ? "" : (await readFile(clientSecretFile, "utf8")).trim();
    const basic = Buffer.from(`${encodeURIComponent(clientID ?? "")}:${encodeURIComponent(secret)}`).toString("base64");
    return this.#fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        ...(clientID !== undefined && { authorization: `Basic ${basic}` }),
      },
      body: new URLSearchParams(form).toString(),
    });
  }

  async #fetch(
    url: string,
    options: { method: "GET" | "POST"; headers: Record<string, string>; body?: string },
  ): Promise<unknown> {
    const { statusCode, body } = await request(url, {
      ...options,
      headers: { ...options.headers, accept: "application/json" },
      dispatcher: await this.#dispatcher(),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await body.text();
    if (statusCode !== 200 || text.length > maximumBytes) throw new Error(`${url} answered with status ${statusCode}`);
    return JSON.parse(text);
  }

  async #dispatcher(): Promise<Agent> {
    const { caFile } = this.#config;
    const ca = caFile === undefined ? undefined : await readFile(caFile, "utf8");
    if (this.#agent && this.#agent.ca === ca) return this.#agent.agent;
    // Requests under way finish first.
    void this.#agent?.agent.close();
    const agent = new Agent(ca === undefined ? {} : { connect: { ca } });
    this.#agent = { agent, ca };
    return agent;
  }
}
