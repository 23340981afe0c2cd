import type { Client } from "@moorage/kube-client";

/** Who signs the tokens of this cluster's ServiceAccounts, and with which keys. */
export interface ClusterKeys {
  issuer: string;
  /** A JSON Web Key Set. */
  jwks: { keys: Record<string, unknown>[] };
}

/** Keys are asked for again after this; a cluster announces new ones long before it signs with them. */
export const keysFreshMs = 300_000;

/**
 * The keys of the cluster's ServiceAccount tokens, asked of the API server for all proxies: so they need neither
 * credentials nor a way to it. Every ServiceAccount may read them (`system:service-account-issuer-discovery`).
 */
export class ClusterKeySource {
  #keys: Promise<ClusterKeys> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** @throws KubeApiError or Error when there is no answer; the next call asks again. */
  async keys(client: Client, now: Date): Promise<ClusterKeys> {
    if (!this.#keys || now.getTime() - this.#askedAt >= keysFreshMs) {
      const before = this.#keys;
      this.#askedAt = now.getTime();
      this.#keys = ask(client).catch((error: unknown) => {
        // Known keys serve on, until the next time to ask.
        if (before) return before;
        this.#keys = undefined;
        throw error;
      });
    }
    return this.#keys;
  }
}

async function ask(client: Client): Promise<ClusterKeys> {
  const get = async (path: string, accept: string): Promise<unknown> =>
    JSON.parse(await client.raw({ method: "GET", path, accept }));
  const discovery = await get("/.well-known/openid-configuration", "application/json");
  // kube-apiserver answers 406 to whoever accepts JSON only.
  const jwks = await get("/openid/v1/jwks", "application/jwk-set+json, application/json");
  if (!hasIssuer(discovery)) throw new Error("The API server's /.well-known/openid-configuration names no issuer");
  if (!isKeySet(jwks)) throw new Error("The API server's /openid/v1/jwks is no JSON Web Key Set");
  return { issuer: discovery.issuer, jwks };
}

function hasIssuer(value: unknown): value is { issuer: string } {
  return typeof value === "object" && value !== null && "issuer" in value && typeof value.issuer === "string";
}

function isKeySet(value: unknown): value is ClusterKeys["jwks"] {
  return typeof value === "object" && value !== null && "keys" in value && Array.isArray(value.keys);
}
