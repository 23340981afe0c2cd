import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { ChaoticServer, type ServerEra } from "./testing/chaotic-server.ts";
import { LegacyClient, post } from "./testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy } from "./testing/running-proxy.ts";

let chaos: ChaoticServer | undefined;
let proxy: RunningProxy | undefined;
afterEach(async () => {
  await proxy?.server.stop();
  await chaos?.stop();
});

async function serve(era: ServerEra): Promise<string> {
  chaos = await ChaoticServer.start(era);
  const upstream = { transport: "stdio" as const, host: "127.0.0.1", port: chaos.port };
  proxy = await startReadyProxy(fixtureConfig({ upstream, limits: { requestTimeoutSeconds: 2 } }));
  return proxy.url;
}

const methods = [
  ...["notifications/progress", "notifications/message", "notifications/cancelled", "notifications/tools/list_changed"],
  ...[
    "notifications/resources/updated",
    "notifications/subscriptions/acknowledged",
    "notifications/elicitation/complete",
  ],
  ...["ping", "sampling/createMessage", "elicitation/create", "roots/list", "tools/call", "initialize", "x"],
];
const id = fc.oneof(fc.integer(), fc.string(), fc.constantFrom("$ID", null, 1, "moorage-1", "moorage-listen-1"));
const meta = fc.dictionary(
  fc.constantFrom("progressToken", "io.modelcontextprotocol/subscriptionId", "traceparent", "x"),
  fc.jsonValue(),
);
const params = fc.oneof(
  fc.jsonValue(),
  fc.record({ progressToken: id, requestId: id, uri: fc.jsonValue(), _meta: meta, level: fc.string() }),
);
const result = fc.oneof(
  fc.jsonValue(),
  fc.record({
    resultType: fc.constantFrom("complete", "input_required", "task", "", 1),
    inputRequests: fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.string(), fc.record({ method: fc.constantFrom(...methods), params }), { maxKeys: 3 }),
    ),
    requestState: fc.jsonValue(),
    tools: fc.jsonValue(),
    _meta: meta,
  }),
);
const jsonrpc = fc.constantFrom("2.0", "2.0", "2.0", "1.0");
const message = fc.oneof(
  fc.record({ jsonrpc, method: fc.constantFrom(...methods), params }),
  fc.record({ jsonrpc, id, method: fc.constantFrom(...methods), params }),
  fc.record({ jsonrpc, id, result }),
  fc.record({ jsonrpc, id, error: fc.oneof(fc.jsonValue(), fc.record({ code: fc.integer(), message: fc.string() })) }),
  fc.jsonValue(),
);
const lines = fc.array(
  fc.oneof(
    message.map((value) => JSON.stringify(value)),
    fc.string().map((text) => text.replaceAll(/[\r\n]/g, "")),
  ),
  { maxLength: 6 },
);

/** A call's statuses where everything else about it is in order. */
const fine = [200, 400, 404];
const modernMeta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": { sampling: {}, elicitation: {} },
};
const modernHeaders = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "t" };
const modernCall = (more: object = {}) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "t", arguments: {}, _meta: modernMeta, ...more },
});

describe.each<ServerEra>(["legacy", "modern"])("whatever a %s server says", (era) => {
  it("every call of both eras is answered, and the next one works", { timeout: 120_000 }, async () => {
    const url = await serve(era);
    let client = await LegacyClient.connect(url, { sampling: {}, elicitation: {} });
    await fc.assert(
      fc.asyncProperty(lines, async (said) => {
        if (!chaos) throw new Error("serve() comes first");
        chaos.lines = said;
        const [legacy, modern] = await Promise.all([client.call("t"), post(url, modernCall(), modernHeaders)]);
        expect(fine).toContain(legacy.status);
        expect(fine).toContain(modern.status);
        chaos.lines = [];
        client = await LegacyClient.connect(url);
        expect((await client.textOf("t")).length).toBeGreaterThan(0);
      }),
      { numRuns: 150, endOnFailure: true },
    );
    const after = await LegacyClient.connect(url);
    expect(await after.textOf("t")).toBe("done");
  });
});

describe("whatever a client sends back of what it was given", () => {
  it("as a session id: only an unharmed one is known, all others are 404", async () => {
    const url = await serve("legacy");
    const client = await LegacyClient.connect(url);
    const { session } = client;
    const harmed = fc.oneof(
      fc.stringMatching(/^[\x21-\x7e]{1,200}$/),
      fc.nat({ max: session.length - 1 }).map((index) => session.slice(0, index) + session.slice(index + 1)),
      fc
        .tuple(fc.nat({ max: session.length - 2 }), fc.constantFrom("A", "b", "-", "0"))
        .map(([index, character]) =>
          session[index] === character ? "x" : session.slice(0, index) + character + session.slice(index + 1),
        ),
    );
    await fc.assert(
      fc.asyncProperty(harmed, async (wrong) => {
        expect((await new LegacyClient(url, wrong).call("t")).status).toBe(404);
      }),
      { numRuns: 200 },
    );
    expect((await client.call("t")).status).toBe(200);
  });

  it("as requestState or inputResponses of a call: 400, or a call like any other", async () => {
    const url = await serve("legacy");
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (requestState, inputResponses) => {
        const answer = await post(url, modernCall({ requestState, inputResponses }), modernHeaders);
        expect(answer.status).toBe(400);
        expect((await post(url, modernCall({ inputResponses }), modernHeaders)).status).toBe(200);
      }),
      { numRuns: 100 },
    );
  });

  it("as a cursor, as headers that mirror parameters, and as a protocol version: never a failure of ours", async () => {
    const url = await serve("legacy");
    const client = await LegacyClient.connect(url);
    const header = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,30}[\x21-\x7e])?$/);
    const encoded = fc.oneof(
      header,
      header.map((text) => `=?base64?${text}?=`),
    );
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), encoded, encoded, async (cursor, name, param) => {
        const listed = await client.request("tools/list", { cursor });
        expect(listed.status).toBe(200);
        const mirrored = { ...modernHeaders, "mcp-name": name, "mcp-param-x": param };
        expect((await post(url, modernCall(), mirrored)).status).toBe(name === "t" ? 200 : 400);
        const versioned = { ...client.headers, "mcp-protocol-version": name };
        const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
        expect(fine).toContain((await post(url, ping, versioned)).status);
      }),
      { numRuns: 100 },
    );
  });
});
