import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure, scriptedServer } from "../testing/scripted-server.ts";
import { type Observation, Transport } from "./transport.ts";

const request = { attempt: "look", method: "GET", path: "/x" } as const;

describe("Transport", () => {
  it("reads a rotated token again after 401, and once only", async () => {
    const folder = await mkdtemp(join(tmpdir(), "moorage-token-"));
    const file = join(folder, "token");
    await writeFile(file, "old\n");
    const server = await scriptedServer(({ request, json }) => {
      if (request.headers.authorization === "Bearer new") json(200, {});
      else json(401, failure(401, "Unauthorized"));
    });
    const transport = new Transport({ cluster: { ...server.cluster, token: { file } }, userAgent: "t" });
    await expect(transport.call(request)).rejects.toThrow("Unauthorized");
    expect(server.requests).toHaveLength(2);
    await writeFile(file, "new\n");
    expect(await transport.call(request)).toBe("{}");
    await transport.close();
    await rm(folder, { recursive: true });
  });

  it("sends impersonation headers", async () => {
    const server = await scriptedServer(({ json }) => json(200, {}));
    const impersonate = { user: "ann", groups: ["a", "b"], extra: { "x/y": ["1"] } };
    const transport = new Transport({ cluster: { ...server.cluster, impersonate }, userAgent: "t" });
    await transport.call(request);
    const headers = server.requests[0]?.request.headers;
    expect(headers?.["impersonate-user"]).toBe("ann");
    expect(headers?.["impersonate-group"]).toBe("a, b");
    expect(headers?.["impersonate-extra-x%2fy"]).toBe("1");
    await transport.close();
  });

  it("throttles to the rate asked for", async () => {
    const server = await scriptedServer(({ json }) => json(200, {}));
    const transport = new Transport({ ...server, userAgent: "t", throttle: { qps: 20, burst: 1 } });
    const startedAt = performance.now();
    await Promise.all([1, 2, 3, 4, 5].map(() => transport.call(request)));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(190);
    await transport.close();
  });

  it("observes every request, those without an answer too", async () => {
    const server = await scriptedServer(({ json, request: { socket } }, number) => {
      if (number === 1) socket.destroy();
      else json(404, failure(404, "NotFound"));
    });
    const seen: Observation[] = [];
    const transport = new Transport({ ...server, userAgent: "t", onRequest: (each) => seen.push(each) });
    await transport.call(request).catch(() => {});
    expect(seen.map(({ code }) => code)).toEqual([0, 404]);
    await transport.close();
  });

  it("goes through the proxy it is told to", async () => {
    const server = await scriptedServer(({ json }) => json(200, {}));
    const asked: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, client: Socket) => {
      asked.push(request.url);
      const { port } = new URL(server.cluster.server);
      const upstream = connect(Number(port), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const address = proxy.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const cluster = { ...server.cluster, proxyUrl: `http://127.0.0.1:${port}` };
    const transport = new Transport({ cluster, userAgent: "t" });
    expect(await transport.call(request)).toBe("{}");
    expect(asked).toEqual([new URL(server.cluster.server).host]);
    await transport.close();
    await new Promise((resolve) => proxy.close(resolve));
  });
});
