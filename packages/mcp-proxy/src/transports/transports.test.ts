import { createServer, request as httpRequest } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, describe, expect, it } from "vitest";
import type { Upstream } from "../run-config/upstream-schema.ts";
import { LegacyClient } from "../testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy, until } from "../testing/running-proxy.ts";

const proxies: RunningProxy[] = [];

async function served(upstream?: Upstream): Promise<RunningProxy> {
  const proxy = await startReadyProxy(fixtureConfig(upstream && { upstream }));
  proxies.push(proxy);
  return proxy;
}

afterEach(async () => {
  for (const { server } of proxies.splice(0).reverse()) await server.stop();
});

const clientTransports = {
  "streamable-http": (url: string) => new StreamableHTTPClientTransport(new URL(url)),
  sse: (url: string) => new SSEClientTransport(new URL(url.replace("/mcp", "/sse"))),
};

/** The server side is our own proxy in front of a stdio server: it speaks every transport. */
const upstreams: Record<string, (port: number) => Upstream> = {
  "streamable-http by URL": (port) => ({ transport: "streamable-http", url: `http://127.0.0.1:${port}/mcp` }),
  "streamable-http by name": (port) => ({ transport: "streamable-http", host: "127.0.0.1", port }),
  "sse by URL": (port) => ({ transport: "sse", url: `http://127.0.0.1:${port}/sse` }),
  "sse by name": (port) => ({ transport: "sse", host: "localhost", port }),
};
const cells = Object.keys(upstreams).flatMap((upstream) =>
  (["streamable-http", "sse"] as const).map((client) => ({ client, upstream })),
);

describe("X-Request-Id", () => {
  it.each(Object.keys(upstreams))("reaches the server: %s", async (upstream) => {
    const inner = await served();
    const seen = new Set<unknown>();
    const relay = createServer((request, response) => {
      seen.add(request.headers["x-request-id"]);
      const { method, url: path, headers } = request;
      const forwarded = httpRequest({ host: "127.0.0.1", port: inner.server.port, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forwarded.on("error", () => response.destroy());
      request.pipe(forwarded);
      response.on("close", () => forwarded.destroy());
    });
    await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
    const address = relay.address();
    const port = address !== null && typeof address !== "string" ? address.port : 0;
    const outer = await served(upstreams[upstream]?.(port));
    const client = await LegacyClient.connect(outer.url, {}, { "x-request-id": "mine-1" });
    expect(await client.textOf("echo", { text: "x" })).toBe("x");
    expect(seen).toContain("mine-1");
    relay.closeAllConnections();
    relay.close();
  });
});

describe("transports", () => {
  it.each(cells)(
    "carry calls, progress and sampling: $client client, $upstream",
    async ({ client: kind, upstream }) => {
      const inner = await served();
      const outer = await served(upstreams[upstream]?.(inner.server.port));
      const client = new Client({ name: "test", version: "1" }, { capabilities: { sampling: {} } });
      client.setRequestHandler(CreateMessageRequestSchema, () => ({
        role: "assistant" as const,
        model: "m",
        content: { type: "text" as const, text: "sampled" },
      }));
      await client.connect(clientTransports[kind](outer.url));
      expect(await client.callTool({ name: "echo", arguments: { text: "hi" } })).toMatchObject({
        content: [{ text: "hi" }],
      });
      const progress: number[] = [];
      await client.callTool({ name: "test_tool_with_progress" }, undefined, {
        onprogress: (update) => progress.push(update.progress),
      });
      expect(progress).toEqual([0, 50, 100]);
      expect(await client.callTool({ name: "test_sampling", arguments: { prompt: "?" } })).toMatchObject({
        content: [{ text: "LLM response: sampled" }],
      });
      await client.close();
      if (kind === "sse") await until(() => outer.server.status.sessions === 0);
    },
  );

  it("continue a session of an HTTP server that has lost it", async () => {
    const inner = await served();
    const outer = await served({ transport: "streamable-http", url: inner.url });
    const client = new Client({ name: "test", version: "1" });
    await client.connect(new StreamableHTTPClientTransport(new URL(outer.url)));
    await inner.server.stop();
    proxies.splice(proxies.indexOf(inner), 1);
    const again = await startReadyProxy({ ...fixtureConfig(), listen: { port: inner.server.port } });
    proxies.unshift(again);
    expect(await client.callTool({ name: "echo", arguments: { text: "hi" } })).toMatchObject({
      content: [{ text: "hi" }],
    });
    await client.close();
  });
});
