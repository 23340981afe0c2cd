import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type KeyPair, selfSigned } from "../testing/certificates.ts";
import { LegacyClient, post } from "../testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy } from "../testing/running-proxy.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const issuer = "https://kubernetes.default.svc.cluster.local";
const subject = "system:serviceaccount:agents:planner";
const initialize = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-11-25" } };

/** The part of an API server that this is about: keys, for those who bring its token, over its own authority. */
class APIServer {
  readonly #server: Server;
  /** The one token that is accepted: the kubelet replaces it within the hour. */
  accepted = "projected-1";
  requests = 0;
  #key: Awaited<ReturnType<typeof generateKeyPair>> | undefined;

  constructor(pair: KeyPair) {
    this.#server = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
      this.requests += 1;
      const allowed = request.headers.authorization === `Bearer ${this.accepted}`;
      void this.#keys().then((keys) =>
        response
          .writeHead(allowed ? 200 : 401, { "content-type": "application/jwk-set+json" })
          .end(JSON.stringify(allowed ? keys : { kind: "Status", code: 401 })),
      );
    });
  }

  /** The URL of the keys. */
  async start(): Promise<string> {
    await this.rotate();
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The server has no port");
    return `https://127.0.0.1:${address.port}/openid/v1/jwks`;
  }

  /** From now on tokens are signed with another key. */
  async rotate(): Promise<void> {
    this.#key = await generateKeyPair("RS256");
  }

  async token(claims: JWTPayload = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { namespace, name } = { namespace: "agents", name: "planner" };
    const payload = {
      iss: issuer,
      sub: subject,
      aud: ["mcp"],
      iat: now,
      exp: now + 600,
      "kubernetes.io": { namespace, serviceaccount: { name, uid: "1" } },
      ...claims,
    };
    if (!this.#key) throw new Error("start() comes first");
    return new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid: "k" }).sign(this.#key.privateKey);
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #keys(): Promise<object> {
    if (!this.#key) throw new Error("start() comes first");
    return { keys: [{ ...(await exportJWK(this.#key.publicKey)), kid: "k", alg: "RS256", use: "sig" }] };
  }
}

let api: APIServer;
let jwksURL: string;
let authority: KeyPair;
let proxy: RunningProxy | undefined;
beforeEach(async () => {
  authority = await selfSigned("kubernetes");
  api = new APIServer(authority);
  jwksURL = await api.start();
});
afterEach(async () => {
  await proxy?.server.stop();
  proxy = undefined;
  await api.stop();
});

async function serve({ ca = authority, token = "projected-1" } = {}) {
  const folder = await temporaryFolder();
  const [caFile, tokenFile] = [join(folder, "ca.crt"), join(folder, "token")];
  await Promise.all([writeFile(caFile, ca.certificate), writeFile(tokenFile, `${token}\n`)]);
  const oidc = { issuer, audience: "mcp", jwksURL, caFile, tokenFile, subjects: [subject] };
  proxy = await startReadyProxy(fixtureConfig({ oidc }));
  const { url } = proxy;
  const statusWith = async (bearer: Promise<string>) =>
    (await post(url, initialize, { authorization: `Bearer ${await bearer}` })).status;
  return { url, tokenFile, caFile, statusWith };
}

describe("Kubernetes ServiceAccount tokens", () => {
  it("let in the ServiceAccounts that are named, and no other", async () => {
    const { url, statusWith } = await serve();
    const client = await LegacyClient.connect(url, {}, { authorization: `Bearer ${await api.token()}` });
    expect(await client.textOf("echo", { text: "x" })).toBe("x");
    expect(await statusWith(api.token({ sub: "system:serviceaccount:agents:other" }))).toBe(401);
    expect(await statusWith(api.token({ sub: "system:serviceaccount:other:planner" }))).toBe(401);
  });

  it.each([
    ["for another audience", { aud: ["https://kubernetes.default.svc"] }],
    ["of another issuer", { iss: "https://kubernetes.default.svc" }],
    ["that have expired", { exp: Math.floor(Date.now() / 1000) - 60 }],
  ])("are refused when they are %s", async (_, claims) => {
    const { statusWith } = await serve();
    expect(await statusWith(api.token(claims))).toBe(401);
  });

  it("are checked with keys that the proxy's own, renewed token gets", async () => {
    const { tokenFile, statusWith } = await serve({ token: "too-old" });
    expect(await statusWith(api.token())).toBe(503);
    await writeFile(tokenFile, "projected-1");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await statusWith(api.token())).toBe(200);
  });

  it("cannot be judged while the API server's certificate is not of the authority in caFile", async () => {
    const { caFile, statusWith } = await serve({ ca: await selfSigned("somebody else") });
    expect(await statusWith(api.token())).toBe(503);
    expect(api.requests).toBe(0);
    await writeFile(caFile, authority.certificate);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await statusWith(api.token())).toBe(200);
  });
});
