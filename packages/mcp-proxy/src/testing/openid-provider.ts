import { createServer, type Server } from "node:http";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];

interface Key {
  readonly kid: string;
  readonly secret: SigningKey;
  readonly jwk: JWK;
}

/** A small OpenID provider whose keys, failures and tokens a test controls; discovery, keys and introspection. */
export class OpenIDProvider {
  readonly #server: Server;
  readonly #keys: Key[] = [];
  /** Opaque tokens → what introspection says of them. */
  readonly opaque = new Map<string, Record<string, unknown>>();
  /** What clients asked the token endpoint for, newest last. */
  readonly exchanges: Record<string, string>[] = [];
  /** While set every request is answered with 503. */
  down = false;
  /** Requests for keys so far. */
  keyRequests = 0;
  issuer = "";

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const answer = this.down ? undefined : this.#answer(request.url ?? "", body);
        response
          .writeHead(answer ? 200 : 503, { "content-type": "application/json" })
          .end(JSON.stringify(answer ?? {}));
      });
    });
  }

  static async start(): Promise<OpenIDProvider> {
    const provider = new OpenIDProvider();
    await new Promise<void>((resolve) => provider.#server.listen(0, "127.0.0.1", resolve));
    const address = provider.#server.address();
    if (address === null || typeof address === "string") throw new Error("The provider has no port");
    provider.issuer = `http://127.0.0.1:${address.port}`;
    await provider.addKey();
    return provider;
  }

  /** New tokens are signed with the new key. */
  async addKey(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const kid = `key-${this.#keys.length + 1}`;
    this.#keys.push({
      kid,
      secret: privateKey,
      jwk: { ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" },
    });
  }

  /** A token for the audience "mcp" that is good for an hour, with `claims` put over its own. */
  token(claims: JWTPayload = {}): Promise<string> {
    const key = this.#keys.at(-1);
    if (!key) throw new Error("The provider has no key");
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.issuer, aud: "mcp", sub: "ada", iat: now, exp: now + 3600, ...claims };
    return new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: key.kid }).sign(key.secret);
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(url: string, body: string): object | undefined {
    switch (url) {
      case "/.well-known/openid-configuration":
        return { issuer: this.issuer, jwks_uri: `${this.issuer}/keys` };
      case "/keys":
        this.keyRequests += 1;
        return { keys: this.#keys.map(({ jwk }) => jwk) };
      case "/introspect":
        return this.opaque.get(new URLSearchParams(body).get("token") ?? "") ?? { active: false };
      case "/token":
        this.exchanges.push(Object.fromEntries(new URLSearchParams(body)));
        return { access_token: `exchanged-${this.exchanges.length}`, expires_in: 3600, token_type: "Bearer" };
      default:
        return undefined;
    }
  }
}
