import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LegacyClient, post } from "../testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy } from "../testing/running-proxy.ts";
import { audience, RealOpenIDProvider } from "./real-openid-provider.ts";

let provider: RealOpenIDProvider;
let proxy: RunningProxy;

beforeEach(async () => {
  provider = await RealOpenIDProvider.start();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  shiftMs = 0;
  await proxy.server.stop();
  await provider.stop();
});

async function serve(oidc: object = {}): Promise<string> {
  proxy = await startReadyProxy(fixtureConfig({ oidc: { issuer: provider.issuer, audience, ...oidc } }));
  return proxy.url;
}

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const statusWith = async (token: string) => (await post(proxy.url, initialize, bearer(token))).status;

const monotonic = performance.now.bind(performance);
let shiftMs = 0;

/** Moves the clocks that tokens and key ages are measured by; timers go on as they are. */
function later(ms: number): void {
  shiftMs += ms;
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
  vi.spyOn(performance, "now").mockImplementation(() => monotonic() + shiftMs);
}

describe("a real OpenID provider", () => {
  it("vouches for its clients, who can then call tools", async () => {
    const client = await LegacyClient.connect(
      await serve({ requiredScopes: ["mcp:use"] }),
      {},
      bearer(await provider.token()),
    );
    expect(await client.textOf("echo", { text: "x" })).toBe("x");
  });

  it("is named to clients that come without a token", async () => {
    const url = await serve();
    expect(await statusWith("")).toBe(401);
    const metadata = await fetch(new URL("/.well-known/oauth-protected-resource/mcp", url));
    expect(await metadata.json()).toMatchObject({ authorization_servers: [provider.issuer] });
  });

  it("gives tokens for others, which are refused", async () => {
    await serve();
    expect(await statusWith(await provider.token("https://other.example.com/mcp"))).toBe(401);
  });

  it("is the only one whose tokens are accepted", async () => {
    await serve();
    const other = await RealOpenIDProvider.start();
    expect(await statusWith(await other.token())).toBe(401);
    await other.stop();
  });

  it("gives tokens that expire", async () => {
    await serve();
    const token = await provider.token();
    expect(await statusWith(token)).toBe(200);
    later(599_000);
    expect(await statusWith(token)).toBe(200);
    later(10_000);
    expect(await statusWith(token)).toBe(401);
  });

  it("may change its keys while the proxy runs: old and new tokens are good", async () => {
    await serve();
    const old = await provider.token();
    expect(await statusWith(old)).toBe(200);
    await provider.rotateKeys();
    later(11_000);
    expect(await statusWith(await provider.token())).toBe(200);
    expect(await statusWith(old)).toBe(200);
  });

  it("may be down: known keys serve on, for tokens not seen before too", async () => {
    await serve();
    const [first, second] = [await provider.token(), await provider.token()];
    expect(await statusWith(first)).toBe(200);
    await provider.stop();
    expect(await statusWith(second)).toBe(200);
    later(400_000);
    expect(await statusWith(second)).toBe(200);
  });

  it("gives tokens that do not belong into URLs", async () => {
    const url = await serve();
    expect((await post(`${url}?access_token=${await provider.token()}`, initialize)).status).toBe(400);
  });

  it("is asked about opaque tokens, and may revoke them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "moorage-"));
    const clientSecretFile = join(folder, "secret");
    await writeFile(clientSecretFile, provider.clientSecret);
    const introspectionURL = `${provider.issuer}/token/introspection`;
    await serve({ audience: "opaque:mcp", introspectionURL, clientID: provider.clientID, clientSecretFile });
    const token = await provider.token("opaque:mcp");
    expect(await statusWith(token)).toBe(200);
    expect(await statusWith(await provider.token("opaque:other"))).toBe(401);
    await provider.revoke(token);
    later(31_000);
    expect(await statusWith(token)).toBe(401);
    await rm(folder, { recursive: true });
  });
});
