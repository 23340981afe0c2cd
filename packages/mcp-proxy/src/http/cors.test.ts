import { afterEach, describe, expect, it } from "vitest";
import { fixtureConfig, type RunningProxy, startReadyProxy } from "../testing/running-proxy.ts";

let proxy: RunningProxy;
afterEach(() => proxy.server.stop());

const origin = "https://app.example.com";
const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "mcp-session-id" };
const body = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "page", version: "1" } },
});

async function serve(overrides: Parameters<typeof fixtureConfig>[0] = {}): Promise<string> {
  proxy = await startReadyProxy(fixtureConfig({ allowedOrigins: [origin], ...overrides }));
  return proxy.url;
}

describe("web pages", () => {
  it("of an allowed origin may send what they ask to send, also where a token is needed", async () => {
    const oidc = { issuer: "https://id.example.com", audience: "mcp" };
    const url = await serve({ oidc });
    const answer = await fetch(url, { method: "OPTIONS", headers: { origin, ...preflight } });
    expect([answer.status, Object.fromEntries(answer.headers)]).toMatchObject([
      204,
      {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST, DELETE",
        "access-control-allow-headers": "mcp-session-id",
        vary: "Origin",
      },
    ]);
    const refused = await fetch(url, { method: "POST", headers: { origin, "content-type": "application/json" }, body });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([401, origin]);
    expect(refused.headers.get("access-control-expose-headers")).toContain("WWW-Authenticate");
  });

  it("of an allowed origin may read the session id", async () => {
    const headers = { origin, "content-type": "application/json", accept: "application/json" };
    const answer = await fetch(await serve(), { method: "POST", headers, body });
    expect(answer.headers.get("mcp-session-id")).not.toBeNull();
    expect(answer.headers.get("access-control-expose-headers")).toContain("Mcp-Session-Id");
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
  });

  it("of other origins are let do neither", async () => {
    const headers = { origin: "https://evil.example.com", ...preflight };
    const answer = await fetch(await serve(), { method: "OPTIONS", headers });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  });

  it("are what CORS is for: other clients see nothing of it", async () => {
    const headers = { "content-type": "application/json", accept: "application/json" };
    const answer = await fetch(await serve(), { method: "POST", headers, body });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, null]);
    expect((await fetch(proxy.url, { method: "OPTIONS" })).status).toBe(405);
  });
});
