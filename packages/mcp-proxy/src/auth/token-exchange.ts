import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isRecord } from "@moorage/mcp-messages";
import { Agent, request } from "undici";
import type { Principal } from "../principal.ts";
import type { TokenExchange } from "../run-config/security-schema.ts";

const dispatcher = new Agent();
const timeoutMs = 10_000;
const maximumTokens = 10_000;
/** A token is replaced this long before it expires: a call may take a while. */
const marginMs = 30_000;
const defaultLifetimeSeconds = 300;
const accessToken = "urn:ietf:params:oauth:token-type:access_token";

interface Exchanged {
  readonly token: Promise<string>;
  /** Milliseconds since the epoch; set once the token is there. */
  until: number;
}

/**
 * Gets tokens that the upstream accepts in exchange for the clients' own (RFC 8693). The client's token never goes
 * upstream. What no client caused, such as the handshake, uses our own client credentials.
 */
export class TokenExchanger {
  readonly #config: TokenExchange;
  /** The newest token of each principal, by the principal's id. */
  readonly #tokens = new Map<string, string>();
  readonly #exchanged = new Map<string, Exchanged>();

  constructor(config: TokenExchange) {
    this.#config = config;
  }

  /** A client has authenticated with this token. */
  see(principal: Principal, token: string): void {
    this.#tokens.delete(principal.id);
    this.#tokens.set(principal.id, token);
    dropOldest(this.#tokens);
  }

  /** The headers for a request that is made for a principal. */
  async headersFor(principal: Principal): Promise<Record<string, string>> {
    const subject = this.#tokens.get(principal.id);
    const key = subject === undefined ? "" : createHash("sha256").update(subject).digest("base64");
    const known = this.#exchanged.get(key);
    if (known && known.until > Date.now()) return bearer(await known.token);
    const onExpiry = (until: number) => {
      fresh.until = until;
    };
    const fresh: Exchanged = { token: this.#exchange(subject, onExpiry), until: Number.POSITIVE_INFINITY };
    this.#exchanged.set(key, fresh);
    dropOldest(this.#exchanged);
    // A failure must not be remembered.
    fresh.token.catch(() => this.#exchanged.delete(key));
    return bearer(await fresh.token);
  }

  async #exchange(subject: string | undefined, onExpiry: (until: number) => void): Promise<string> {
    const { url, clientID, clientSecretFile, audience, scopes } = this.#config;
    const secret = clientSecretFile === undefined ? "" : (await readFile(clientSecretFile, "utf8")).trim();
    const basic = Buffer.from(`${encodeURIComponent(clientID ?? "")}:${encodeURIComponent(secret)}`).toString("base64");
    const form = new URLSearchParams({
      ...grantFor(subject),
      ...(audience !== undefined && { audience }),
      ...(scopes && { scope: scopes.join(" ") }),
    });
    const { statusCode, body } = await request(url, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
        ...(clientID !== undefined && { authorization: `Basic ${basic}` }),
      },
      body: form.toString(),
      dispatcher,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer: unknown = await body.json().catch(() => undefined);
    const token = isRecord(answer) ? answer["access_token"] : undefined;
    if (statusCode !== 200 || typeof token !== "string") {
      const why = isRecord(answer) ? (answer["error_description"] ?? answer["error"] ?? "") : "";
      throw new Error(`the token exchange at ${url} was refused with status ${statusCode} ${why}`.trim());
    }
    const seconds =
      isRecord(answer) && typeof answer["expires_in"] === "number" ? answer["expires_in"] : defaultLifetimeSeconds;
    onExpiry(Date.now() + seconds * 1000 - marginMs);
    return token;
  }
}

function grantFor(subject: string | undefined): Record<string, string> {
  if (subject === undefined) return { grant_type: "client_credentials" };
  return {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: subject,
    subject_token_type: accessToken,
    requested_token_type: accessToken,
  };
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function dropOldest(map: Map<string, unknown>): void {
  if (map.size <= maximumTokens) return;
  for (const oldest of map.keys().take(1)) map.delete(oldest);
}
