import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import type { Connect } from "../connection.ts";
import { createLog } from "../observability/log.ts";
import { connectTo } from "./connect.ts";
import { type HandshakeResult, shakeHands } from "./handshake.ts";

const log = createLog("test", "silent");
const initialized = `{ protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } }`;
const discovered = `{ resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: {} }`;

/** A stdio server whose answer to a message is what `code` says, with `method`, `params`, `ok()` and `fail()` at hand. */
const program = (code: string) => `
  let asked = 0;
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    asked += 1;
    const say = (rest) => console.log(JSON.stringify({ jsonrpc: "2.0", id, ...rest }));
    const ok = (result) => say({ result });
    const fail = (code, data) => say({ error: { code, message: "no", data } });
    ${code}
  });`;

function stdio(code: string): Connect {
  const command = [process.execPath, "-e", program(code)];
  const environment = { PATH: "/usr/bin:/bin" };
  return connectTo({ transport: "stdio", command }, { environment, maximumBytes: () => 1_000_000, log });
}

const eraOf = (result: HandshakeResult) => (result.ok ? result.upstream.era : result.error);

describe("the era of a stdio server", () => {
  it.each([-32601, -32602, -32600, -32000, 1])(
    "is legacy where it refuses to be discovered with code %i",
    async (code) => {
      const server = stdio(`if (method === "initialize") ok(${initialized}); else fail(${code});`);
      expect(eraOf(await shakeHands(server))).toBe("legacy");
    },
  );

  it("is legacy where it exits when it is asked too early: it is started again", async () => {
    const server = stdio(`if (asked === 1 && method !== "initialize") process.exit(1); ok(${initialized});`);
    expect(eraOf(await shakeHands(server))).toBe("legacy");
  });

  it("is legacy where it says nothing until it is initialized", { timeout: 20_000 }, async () => {
    const server = stdio(`if (method === "initialize") ok(${initialized});`);
    expect(eraOf(await shakeHands(server))).toBe("legacy");
  });

  it.each([
    ["modern", `method === "initialize" ? fail(-32601) : ok(${discovered});`],
    ["modern", `ok(method === "initialize" ? ${initialized} : ${discovered});`],
    ["legacy", `method === "initialize" ? ok(${initialized}) : fail(-32601);`],
  ])("is %s where it takes long to start, and then answers %s", { timeout: 20_000 }, async (era, code) => {
    const late = `(globalThis.started ??= new Promise((done) => setTimeout(done, 6000))).then(() => { ${code} });`;
    expect(eraOf(await shakeHands(stdio(late)))).toBe(era);
  });

  it("is modern where it takes long to answer, and refuses to be initialized first", { timeout: 20_000 }, async () => {
    const late = `if (method === "initialize") fail(-32601); else setTimeout(() => ok(${discovered}), 6000);`;
    expect(eraOf(await shakeHands(stdio(late)))).toBe("modern");
  });

  it("is refused where it refuses to be initialized and answers nothing else", { timeout: 20_000 }, async () => {
    const result = await shakeHands(stdio(`if (method === "initialize") fail(-32601);`));
    expect(eraOf(result)).toMatchObject({ reason: "HandshakeRefused" });
  });

  it("is legacy where its answer names no version that we speak", async () => {
    const server = stdio(`ok(method === "initialize" ? ${initialized} : { supportedVersions: ["2099-01-01"] });`);
    expect(eraOf(await shakeHands(server))).toBe("legacy");
  });

  it.each([
    ["answers", `ok(${discovered});`],
    [
      "first refuses a version that it names",
      `asked > 1 ? ok(${discovered}) : fail(-32022, { supported: ["2026-07-28"] });`,
    ],
    ["speaks both", `ok(method === "initialize" ? ${initialized} : ${discovered});`],
  ])("is modern where it %s", async (_, code) => {
    expect(eraOf(await shakeHands(stdio(code)))).toBe("modern");
  });

  it("is unknown where the server exits whatever it is asked", async () => {
    const result = await shakeHands(stdio(`console.error("out of memory"); process.exit(9);`));
    expect(eraOf(result)).toMatchObject({ reason: "ServerExited", message: expect.stringMatching(/code 9.*memory/) });
  });
});

describe("the era of an HTTP server", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** Answers `initialize` properly where it is legacy, and everything else with the status and body. */
  async function http(status: number, body: string, { legacy }: { legacy: boolean }): Promise<Connect> {
    server = createServer(async (request, response) => {
      const { id, method } = JSON.parse((await text(request)) || "{}");
      const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } };
      response.setHeader("content-type", "application/json");
      if (legacy && method === "initialize") response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
      else response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = address !== null && typeof address !== "string" ? address.port : 0;
    const upstream = { transport: "streamable-http" as const, url: `http://127.0.0.1:${port}/mcp` };
    return connectTo(upstream, { environment: {}, maximumBytes: () => 1_000_000, log });
  }

  it.each([
    [400, "Bad Request: no session"],
    [400, '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Not initialized"},"id":null}'],
    [404, "Not found"],
    [406, ""],
    [500, "<html>oops</html>"],
  ])("is legacy where it refuses to be discovered with status %i and %j", async (status, body) => {
    expect(eraOf(await shakeHands(await http(status, body, { legacy: true })))).toBe("legacy");
  });

  it.each([401, 403])(
    "is unknown where it answers everything with %i, and the credentials are named",
    async (status) => {
      const result = await shakeHands(await http(status, "", { legacy: false }));
      expect(eraOf(result)).toMatchObject({ message: expect.stringMatching(/does not accept our credentials/) });
    },
  );
});
