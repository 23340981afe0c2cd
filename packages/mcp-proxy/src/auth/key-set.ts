import { isRecord } from "@moorage/mcp-messages";
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { Log } from "../observability/log.ts";
import type { OIDC } from "../run-config/security-schema.ts";
import { type ProviderClient, providerDown } from "./provider-client.ts";

/** Keys are fetched again after this, in the background. */
const freshMs = 300_000;
/** Tokens with unknown key ids cause at most one fetch in this time: anyone can send such tokens. */
const minimumIntervalMs = 10_000;
/** As long, where no keys are known at all: then every token has to wait for them. */
const retryMs = 1000;

/**
 * The provider's signing keys: those of the configuration, or else they are fetched when they are first needed, when they
 * have grown old, and when a token names a key that is not among them. While the provider is down known keys serve on.
 */
export class KeySet {
  readonly #config: OIDC;
  readonly #client: ProviderClient;
  readonly #log: Log;
  #keys: JWTVerifyGetKey | undefined;
  #kids = new Set<unknown>();
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(config: OIDC, client: ProviderClient, log: Log) {
    this.#config = config;
    this.#client = client;
    this.#log = log;
    if (config.jwks) this.#keys = createLocalJWKSet(config.jwks);
  }

  /** For `jwtVerify`. Rejects with `Unavailable` where no keys are known and none can be fetched. */
  get: JWTVerifyGetKey = async (header, token) => {
    if (this.#config.jwks && this.#keys) return this.#keys(header, token);
    const age = performance.now() - this.#fetchedAt;
    const unknown = header.kid !== undefined && !this.#kids.has(header.kid);
    if (this.#fetching && (!this.#keys || unknown)) await this.#fetching;
    else if (!this.#keys ? age > retryMs : unknown && age > minimumIntervalMs) await this.#fetch();
    else if (age > freshMs) void this.#fetch();
    if (!this.#keys) throw providerDown("its keys cannot be fetched");
    return this.#keys(header, token);
  };

  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchNow()
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        this.#log.warn({ issuer: this.#config.issuer, why }, "Cannot fetch the provider's keys; known ones serve on");
      })
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  async #fetchNow(): Promise<void> {
    this.#fetchedAt = performance.now();
    const url = this.#config.jwksURL ?? (await this.#discoveredURL());
    const document = await this.#client.getJSON(url);
    if (!isKeySet(document)) throw new Error(`${url} is no JSON Web Key Set`);
    this.#keys = createLocalJWKSet(document);
    this.#kids = new Set(document.keys.map(({ kid }) => kid));
  }

  async #discoveredURL(): Promise<string> {
    const { issuer } = this.#config;
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const document = await this.#client.getJSON(url);
    if (!isRecord(document) || document["issuer"] !== issuer) throw new Error(`${url} names another issuer`);
    const { jwks_uri: keys } = document;
    if (typeof keys !== "string") throw new Error(`${url} has no jwks_uri`);
    return keys;
  }
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return isRecord(value) && Array.isArray(value["keys"]) && value["keys"].every(isRecord);
}
