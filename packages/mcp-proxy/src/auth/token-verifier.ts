import { createHash } from "node:crypto";
import { isRecord } from "@moorage/mcp-messages";
import { decodeJwt, jwtVerify } from "jose";
import type { Log } from "../observability/log.ts";
import type { Principal } from "../principal.ts";
import { ProxyError } from "../proxy-error.ts";
import type { OIDC } from "../run-config/security-schema.ts";
import { KeySet } from "./key-set.ts";
import { ProviderClient, providerDown } from "./provider-client.ts";

const maximumTokens = 10_000;
/** A revoked token may live this much longer. */
const verifiedMs = 300_000;
const introspectedMs = 30_000;
const clockToleranceSeconds = 5;
const maximumTokenLength = 16 * 1024;
/** Symmetric algorithms are left out: their key would be one that the client can know. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** Either who the token stands for, or why it stands for no one. */
export type Verdict = { ok: true; principal: Principal } | { ok: false; why: string };

interface Cached {
  readonly principal: Principal;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Turns access tokens into principals: signature or introspection, issuer, audience and times are checked. */
export class TokenVerifier {
  readonly #config: OIDC;
  readonly #client: ProviderClient;
  readonly #keys: KeySet;
  /** By the token's digest: a verification costs a hundred times as much as a look-up, and the token is not kept. */
  readonly #verified = new Map<string, Cached>();

  constructor(config: OIDC, log: Log) {
    this.#config = config;
    this.#client = new ProviderClient(config);
    this.#keys = new KeySet(config, this.#client, log);
  }

  /** Throws `Unavailable` where the provider is needed for the verdict and cannot be asked. */
  async verify(token: string): Promise<Verdict> {
    if (token.length > maximumTokenLength) return { ok: false, why: "it is too long" };
    const digest = createHash("sha256").update(token).digest("base64");
    const known = this.#verified.get(digest);
    if (known && known.until > Date.now()) return { ok: true, principal: known.principal };
    const verdict = this.#isJWT(token) ? await this.#verifySignature(token) : await this.#introspect(token);
    if (verdict.ok) this.#remember(digest, verdict);
    return verdict;
  }

  #isJWT(token: string): boolean {
    const { introspectionURL, jwksURL, jwks } = this.#config;
    const keysAreGiven = jwksURL !== undefined || jwks !== undefined;
    return (
      token.split(".").length === 3 &&
      !(introspectionURL !== undefined && !keysAreGiven && !isOurs(token, this.#config))
    );
  }

  async #verifySignature(token: string): Promise<Verdict> {
    const { issuer, audience } = this.#config;
    try {
      const { payload } = await jwtVerify(token, this.#keys.get, {
        issuer,
        audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ["exp", "sub"],
      });
      return this.#accepted(payload);
    } catch (error) {
      if (error instanceof ProxyError) throw error;
      // Whatever is wrong with a token is the client's to know, and ends here.
      return { ok: false, why: error instanceof Error ? error.message : String(error) };
    }
  }

  async #introspect(token: string): Promise<Verdict> {
    const { introspectionURL, issuer, audience } = this.#config;
    if (introspectionURL === undefined) return { ok: false, why: "it is no JWT" };
    const form = { token, token_type_hint: "access_token" };
    const answer = await this.#client.postForm(introspectionURL, form).catch((error: unknown) => {
      throw providerDown(error instanceof Error ? error.message : String(error));
    });
    if (!isRecord(answer)) throw providerDown(`${introspectionURL} answered with no object`);
    if (answer["active"] !== true) return { ok: false, why: "it is not active" };
    if (answer["iss"] !== undefined && answer["iss"] !== issuer) return { ok: false, why: "it is from another issuer" };
    const audiences = [answer["aud"]].flat();
    if (!audiences.includes(audience)) return { ok: false, why: 'unexpected "aud" claim value' };
    return this.#accepted({ ...answer, iss: issuer });
  }

  #accepted(claims: Readonly<Record<string, unknown>>): Verdict {
    const { scope, scp } = claims;
    const id = principalIDOf(claims);
    if (id === undefined) return { ok: false, why: 'the claim "sub" is missing' };
    const { subjects } = this.#config;
    if (subjects && !subjects.some((subject) => isSubject(subject, claims["sub"])))
      return { ok: false, why: "its subject is not one of those allowed here" };
    const words =
      typeof scope === "string"
        ? scope.split(" ")
        : Array.isArray(scp)
          ? scp.map(String)
          : String(scp ?? "").split(" ");
    const scopes = words.filter((word) => word !== "");
    return { ok: true, principal: { id, claims, scopes } };
  }

  #remember(digest: string, { principal }: { principal: Principal }): void {
    const { exp } = principal.claims;
    const age = this.#config.introspectionURL === undefined ? verifiedMs : introspectedMs;
    const until = Math.min(Date.now() + age, typeof exp === "number" ? exp * 1000 : Number.POSITIVE_INFINITY);
    this.#verified.delete(digest);
    this.#verified.set(digest, { principal, until });
    if (this.#verified.size > maximumTokens) {
      for (const oldest of this.#verified.keys().take(1)) this.#verified.delete(oldest);
    }
  }
}

/**
 * Who a token stands for. What introspection says of a client's own token may have no subject (RFC 7662, section 2.2);
 * the client is marked as one, so that it cannot be taken for the user of that name.
 */
function principalIDOf({ iss, sub, client_id: client }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof sub === "string") return JSON.stringify([iss, sub]);
  return typeof client === "string" ? JSON.stringify([iss, { client }]) : undefined;
}

/** `system:serviceaccount:tenant:*` stands for every ServiceAccount of a namespace. */
function isSubject(allowed: string, subject: unknown): boolean {
  if (typeof subject !== "string") return false;
  return allowed.endsWith("*") ? subject.startsWith(allowed.slice(0, -1)) : subject === allowed;
}

/** Whether a token claims to be from our issuer: only then is there a signature that we could check. */
function isOurs(token: string, { issuer }: OIDC): boolean {
  try {
    return decodeJwt(token).iss === issuer;
  } catch {
    // Three parts, but no JWT: an opaque token may look like that.
    return false;
  }
}
