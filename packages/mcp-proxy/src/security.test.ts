import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRecord } from "@moorage/mcp-messages";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PolicyEngine } from "./authz/policy-engine.ts";
import type { RunConfig } from "./run-config/schema.ts";
import { OpenIDProvider } from "./testing/openid-provider.ts";
import { LegacyClient, post } from "./testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy, until } from "./testing/running-proxy.ts";

let provider: OpenIDProvider;
let proxy: RunningProxy | undefined;
const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
};

async function serve(overrides: Partial<RunConfig> = {}, oidc: object = {}): Promise<string> {
  const authentication = { issuer: provider.issuer, audience: "mcp", ...oidc };
  proxy = await startReadyProxy(fixtureConfig({ oidc: authentication, ...overrides }));
  return proxy.url;
}

function forward(port: number, { method, url, headers }: IncomingMessage, onAnswer: (answer: IncomingMessage) => void) {
  const forwarded = httpRequest({ host: "127.0.0.1", port, method, path: url, headers }, onAnswer);
  forwarded.on("error", () => {});
  return forwarded;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const statusWith = async (url: string, token: string) => (await post(url, initialize, bearer(token))).status;

beforeAll(async () => {
  provider = await OpenIDProvider.start();
});
afterAll(() => provider.stop());
afterEach(async () => {
  provider.down = false;
  await proxy?.server.stop();
  proxy = undefined;
});

describe("authentication", () => {
  it.each([
    ["a valid token", () => provider.token(), 200],
    ["another audience", () => provider.token({ aud: "other" }), 401],
    ["another issuer", () => provider.token({ iss: "https://evil.example.com" }), 401],
    ["an expired token", () => provider.token({ exp: Math.floor(Date.now() / 1000) - 60 }), 401],
    ["a token without expiry", () => provider.token({ exp: undefined }), 401],
    ["a token from the future", () => provider.token({ nbf: Math.floor(Date.now() / 1000) + 600 }), 401],
    ["no signature", async () => `${(await provider.token()).split(".").slice(0, 2).join(".")}.`, 401],
    ["noise", async () => "abc", 401],
  ])("decides on %s", async (_, token, status) => {
    expect(await statusWith(await serve(), await token())).toBe(status);
  });

  it("tells where to get a token", async () => {
    const url = await serve({ externalURL: "https://mcp.example.com/weather/mcp" }, { requiredScopes: ["mcp:use"] });
    const answer = await post(url, initialize);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe(
      'Bearer scope="mcp:use", resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/weather/mcp"',
    );
    const metadata = await fetch(url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp"));
    expect(await metadata.json()).toMatchObject({
      resource: "https://mcp.example.com/weather/mcp",
      authorization_servers: [provider.issuer],
      scopes_supported: ["mcp:use"],
    });
  });

  it("asks for the scopes that a tool needs", async () => {
    const url = await serve({}, { toolScopes: { echo: ["echo:use"] } });
    const client = await LegacyClient.connect(url, {}, bearer(await provider.token()));
    const refused = await client.call("echo", { text: "x" });
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([
      403,
      expect.stringContaining('error="insufficient_scope", scope="echo:use"'),
    ]);
    const wider = new LegacyClient(url, client.session, bearer(await provider.token({ scope: "echo:use" })));
    expect(await wider.textOf("echo", { text: "x" })).toBe("x");
  });

  it("takes new keys when a token names one, and few requests suffice", async () => {
    const url = await serve();
    const before = provider.keyRequests;
    expect(await statusWith(url, await provider.token())).toBe(200);
    await provider.addKey();
    const fresh = await serve();
    expect(await statusWith(fresh, await provider.token())).toBe(200);
    for (let index = 0; index < 20; index += 1) await statusWith(fresh, await provider.token({ jti: String(index) }));
    expect(provider.keyRequests - before).toBe(2);
  });

  it("serves on with the keys it knows while the provider is down", async () => {
    const url = await serve();
    expect(await statusWith(url, await provider.token())).toBe(200);
    provider.down = true;
    expect(await statusWith(url, await provider.token({ sub: "bob" }))).toBe(200);
  });

  it("asks to try again where the provider has never been there, instead of refusing the token", async () => {
    provider.down = true;
    const url = await serve({}, { introspectionURL: `${provider.issuer}/introspect`, clientID: "moorage" });
    for (const token of [await provider.token(), "opaque"]) {
      const answer = await post(url, initialize, bearer(token));
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    }
  });

  it("checks with the keys of the configuration, and asks nobody for others", async () => {
    const { keys } = JSON.parse(await (await fetch(`${provider.issuer}/keys`)).text());
    const asked = provider.keyRequests;
    const url = await serve({}, { jwks: { keys } });
    expect(await statusWith(url, await provider.token())).toBe(200);
    await provider.addKey();
    expect(await statusWith(url, await provider.token())).toBe(401);
    expect(provider.keyRequests).toBe(asked);
  });

  it.each([
    ["system:serviceaccount:sky:ada", 200],
    ["system:serviceaccount:sky:*", 200],
    ["system:serviceaccount:sea:*", 401],
    ["system:serviceaccount:sky:ad", 401],
  ])("lets only subject %s in: %i", async (subject, status) => {
    const url = await serve({}, { subjects: [subject] });
    expect(await statusWith(url, await provider.token({ sub: "system:serviceaccount:sky:ada" }))).toBe(status);
  });

  it("refuses a token in the URL", async () => {
    const url = await serve();
    expect((await post(`${url}?access_token=${await provider.token()}`, initialize)).status).toBe(400);
  });

  it("binds sessions to the principal", async () => {
    const url = await serve();
    const ada = await LegacyClient.connect(url, {}, bearer(await provider.token()));
    const bob = new LegacyClient(url, ada.session, bearer(await provider.token({ sub: "bob" })));
    expect((await bob.call("pid")).status).toBe(404);
    expect((await ada.call("pid")).status).toBe(200);
  });

  it("asks the provider about tokens that are no JWT", async () => {
    const url = await serve({}, { introspectionURL: `${provider.issuer}/introspect`, clientID: "moorage" });
    provider.opaque.set("good", { active: true, sub: "ada", aud: "mcp" });
    provider.opaque.set("foreign", { active: true, sub: "ada", aud: "other" });
    expect(await statusWith(url, "good")).toBe(200);
    expect(await statusWith(url, "foreign")).toBe(401);
    expect(await statusWith(url, "gone")).toBe(401);
  });
});

describe("token exchange", () => {
  it("sends another token upstream than the client's, and asks for it once", async () => {
    const seen: (string | undefined)[] = [];
    const inner = await startReadyProxy(fixtureConfig());
    const relay = createServer((request, response) => {
      seen.push(request.headers.authorization);
      const forwarded = forward(inner.server.port, request, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      request.pipe(forwarded);
      response.on("close", () => forwarded.destroy());
    });
    await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
    const address = relay.address();
    const port = address !== null && typeof address !== "string" ? address.port : 0;
    const url = await serve({
      upstream: { transport: "streamable-http", url: `http://127.0.0.1:${port}/mcp` },
      tokenExchange: { url: `${provider.issuer}/token`, audience: "upstream" },
    });
    seen.length = 0;
    const token = await provider.token({ jti: "mine" });
    const client = await LegacyClient.connect(url, {}, bearer(token));
    expect(await client.textOf("echo", { text: "x" })).toBe("x");
    expect(await client.textOf("echo", { text: "y" })).toBe("y");
    expect(new Set(seen)).toEqual(new Set([`Bearer exchanged-${provider.exchanges.length}`]));
    const exchange = {
      subject_token: token,
      audience: "upstream",
      grant_type: expect.stringContaining("token-exchange"),
    };
    expect(provider.exchanges.at(-1)).toMatchObject(exchange);
    expect(provider.exchanges.at(0)).toMatchObject({ grant_type: "client_credentials" });
    await proxy?.server.stop();
    proxy = undefined;
    relay.closeAllConnections();
    relay.close();
    await inner.server.stop();
  });
});

describe("authorization", () => {
  const policies = [
    'permit(principal, action == Action::"call_tool", resource == Tool::"echo");',
    'permit(principal, action == Action::"call_tool", resource == Tool::"pid") when { context.claim_sub == "ada" };',
    'permit(principal, action == Action::"call_tool", resource == Tool::"sleep") when { context has arg_ms && context.arg_ms < 100 };',
  ];

  async function connected(sub: string): Promise<LegacyClient> {
    const url = await serve({ authz: { policies } });
    return LegacyClient.connect(url, {}, bearer(await provider.token({ sub })));
  }

  it("permits what a policy permits, by principal and arguments, and nothing else", async () => {
    const bob = await connected("bob");
    expect((await bob.call("echo", { text: "x" })).status).toBe(200);
    expect((await bob.call("pid")).status).toBe(403);
    expect((await bob.call("sleep", { ms: 5 })).status).toBe(200);
    expect((await bob.call("sleep", { ms: 500 })).status).toBe(403);
    expect((await bob.request("tasks/list")).status).toBe(403);
  });

  it("shows in lists only what the caller may call", async () => {
    const ada = await connected("ada");
    const [message] = (await ada.request("tools/list")).messages;
    const result = isRecord(message) && isRecord(message["result"]) ? message["result"] : {};
    const tools = Array.isArray(result["tools"]) ? result["tools"] : [];
    expect(tools.map((tool: unknown) => isRecord(tool) && tool["name"])).toEqual(["echo", "pid"]);
  });

  it("permits everything with the documents' policy", async () => {
    const url = await serve({ oidc: undefined, authz: { policies: ["permit(principal, action, resource);"] } });
    const client = await LegacyClient.connect(url);
    expect((await client.call("echo", { text: "x" })).status).toBe(200);
  });

  it("refuses policies that cannot be parsed", async () => {
    await expect(PolicyEngine.parse({ policies: ["permit("] })).rejects.toThrow(/^authz\.policies: cannot be parsed/);
  });

  it("does not take an argument for an entity", async () => {
    const engine = await PolicyEngine.parse({
      policies: [
        'permit(principal, action, resource) when { context has arg_who && context.arg_who == Client::"root" };',
      ],
    });
    const question = {
      principal: { id: "", claims: {}, scopes: [] },
      action: "call_tool",
      resource: { type: "Tool", id: "x" },
      arguments: { who: { __entity: { type: "Client", id: "root" } } },
    };
    expect(engine.allows(question)).toBe(false);
  });
});

describe("rate limits and audit", () => {
  it("answers 429 with the time to wait, for the one tool only", async () => {
    const url = await serve({ oidc: undefined, rateLimits: { tools: { echo: { requests: 2, perSeconds: 600 } } } });
    const client = await LegacyClient.connect(url);
    const statuses = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await client.call("echo", { text: "x" })).status);
    expect(statuses).toEqual([200, 200, 429]);
    const refused = await client.call("echo", { text: "x" });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(200);
    expect((await client.call("pid")).status).toBe(200);
  });

  it("writes a record of every call, refused ones included", async () => {
    const folder = await mkdtemp(join(tmpdir(), "moorage-"));
    const file = join(folder, "audit.jsonl");
    const url = await serve({ audit: { file, includeArguments: true } });
    await post(url, initialize);
    const client = await LegacyClient.connect(url, {}, bearer(await provider.token()));
    await client.call("echo", { text: "x" });
    await post(url, initialize, { origin: "https://evil.example.com" });
    const read = async () => (await readFile(file, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
    await until(async () => (await read()).length >= 5);
    const records = (await read()).map((line): unknown => JSON.parse(line));
    expect(records[0]).toMatchObject({
      type: "audit",
      method: "initialize",
      outcome: "denied",
      reason: "Unauthenticated",
    });
    expect(records[3]).toMatchObject({
      method: "tools/call",
      target: "echo",
      outcome: "success",
      subject: "ada",
      arguments: { text: "x" },
    });
    expect(records[4]).toMatchObject({
      type: "audit",
      origin: "https://evil.example.com",
      outcome: "denied",
      reason: "OriginForbidden",
    });
    const metrics = await (await fetch(`${proxy?.probes}/metrics`)).text();
    expect(metrics).toMatch(/mcp_requests_total\{.*outcome="OriginForbidden".*\} 1/);
    await rm(folder, { recursive: true });
  });
});
