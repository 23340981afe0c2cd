import { createServer, type RequestListener, type Server } from "node:http";
import { isRecord } from "@moorage/mcp-messages";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type JWK } from "oidc-provider";

const client = { id: "interop", secret: "a secret of thirty-two characters" };
const basic = `Basic ${Buffer.from(`${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`).toString("base64")}`;

/** The audience of tokens, where a test asks for no other. */
export const audience = "https://mcp.example.com/mcp";

/** A certified OpenID provider on a free port of an address of this machine; clients get tokens by client credentials. */
export class RealOpenIDProvider {
  readonly #host: string;
  readonly #server: Server;
  readonly #keys: JWK[] = [];
  #serve: RequestListener = () => {};
  #port = 0;
  readonly clientID = client.id;
  readonly clientSecret = client.secret;

  private constructor(host: string) {
    this.#host = host;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  static async start(host = "127.0.0.1"): Promise<RealOpenIDProvider> {
    const provider = new RealOpenIDProvider(host);
    await provider.#listen();
    await provider.rotateKeys();
    return provider;
  }

  get issuer(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  /** As a provider that is restarted with a new key in front of its old ones. */
  async rotateKeys(): Promise<void> {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    this.#keys.unshift({ ...(await exportJWK(privateKey)), kid: `key-${this.#keys.length}`, alg: "ES256", use: "sig" });
    this.#serve = providerOf(this.issuer, this.#keys).callback();
  }

  /** An access token that is good for ten minutes: a JWT, or an opaque one for audiences that begin with "opaque:". */
  async token(resource = audience): Promise<string> {
    const body = new URLSearchParams({ grant_type: "client_credentials", scope: "mcp:use", resource });
    const response = await fetch(`${this.issuer}/token`, { method: "POST", headers: { authorization: basic }, body });
    const answer: unknown = await response.json();
    const token = isRecord(answer) ? answer["access_token"] : undefined;
    if (typeof token !== "string") throw new Error(`No token: ${response.status} ${JSON.stringify(answer)}`);
    return token;
  }

  async revoke(token: string): Promise<void> {
    const body = new URLSearchParams({ token });
    await fetch(`${this.issuer}/token/revocation`, { method: "POST", headers: { authorization: basic }, body });
  }

  /** Closes the port: connections are refused from then on. */
  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, this.#host, resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The provider has no port");
    this.#port = address.port;
  }
}

function providerOf(issuer: string, keys: readonly JWK[]): Provider {
  return new Provider(issuer, {
    jwks: { keys },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: "ES256",
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: "mcp:use",
          audience: resource,
          accessTokenFormat: resource.startsWith("opaque:") ? "opaque" : "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
  });
}
