import { Client } from "@modelcontextprotocol/client";
import { isRecord, MetaKey } from "@moorage/mcp-messages";
import { afterEach, describe, expect, it } from "vitest";
import { LegacyClient, messagesIn, post, textOf } from "../testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy, until } from "../testing/running-proxy.ts";

type Json = Record<string, unknown>;
const proxies: RunningProxy[] = [];

async function served(era: "legacy" | "modern"): Promise<RunningProxy> {
  const proxy = await startReadyProxy(fixtureConfig({}, era));
  proxies.push(proxy);
  return proxy;
}

afterEach(async () => {
  await Promise.all(proxies.splice(0).map(({ server }) => server.stop()));
});

const all = { sampling: {}, elicitation: {}, roots: {} };
let lastId = 0;

/** One modern request with everything that 2026-07-28 asks for; `meta` and `headers` may change any of it. */
function modernRequest(method: string, params: Json = {}, meta: Json = {}) {
  lastId += 1;
  const _meta = { [MetaKey.protocolVersion]: "2026-07-28", [MetaKey.clientCapabilities]: all, ...meta };
  const name = params["name"] ?? params["uri"];
  const headers = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(typeof name === "string" && { "mcp-name": name }),
  };
  return { body: { jsonrpc: "2.0", id: lastId, method, params: { ...params, _meta } }, headers };
}

function modern(url: string, method: string, params: Json = {}, meta: Json = {}) {
  const { body, headers } = modernRequest(method, params, meta);
  return post(url, body, headers);
}

const resultOf = ({ messages }: { messages: Json[] }): Json => {
  const result = messages.at(-1)?.["result"];
  return isRecord(result) ? result : {};
};
const elicited = { action: "accept", content: { name: "Ada" } };

describe("a modern client of a legacy server", () => {
  it("discovers what the server said in its handshake", async () => {
    const { url } = await served("legacy");
    expect(resultOf(await modern(url, "server/discover"))).toMatchObject({
      resultType: "complete",
      supportedVersions: ["2026-07-28"],
      instructions: "A fixture",
      _meta: { [MetaKey.serverInfo]: { name: "moorage-fixture", version: "1.0.0" } },
    });
  });

  it("is asked by the result, and gets the answer of the same call on its retry", async () => {
    const { url, server } = await served("legacy");
    const params = { name: "test_input_required_result_multi_round", arguments: {} };
    const first = resultOf(await modern(url, "tools/call", params));
    expect(first).toMatchObject({ resultType: "input_required", requestState: expect.any(String) });
    const answer = (result: Json) => {
      const [key = ""] = Object.keys(isRecord(result["inputRequests"]) ? result["inputRequests"] : {});
      return { ...params, inputResponses: { [key]: elicited }, requestState: result["requestState"] };
    };
    const second = resultOf(await modern(url, "tools/call", answer(first)));
    expect(second["resultType"]).toBe("input_required");
    expect(second["requestState"]).not.toBe(first["requestState"]);
    const third = await modern(url, "tools/call", answer(second));
    expect(textOf(third)).toContain("state-ok");
    expect(server.status.processes).toBe(1);
  });

  it("is asked several things at once", async () => {
    const { url } = await served("legacy");
    const result = resultOf(
      await modern(url, "tools/call", { name: "test_input_required_result_multiple_inputs", arguments: {} }),
    );
    const asked = Object.values(isRecord(result["inputRequests"]) ? result["inputRequests"] : {});
    expect(asked.map((question) => isRecord(question) && question["method"]).sort()).toEqual([
      "elicitation/create",
      "roots/list",
      "sampling/createMessage",
    ]);
  });

  it.each([
    ["a changed state", (state: string) => ({ requestState: `${state.slice(0, -2)}xx` })],
    ["other parameters", (requestState: string) => ({ requestState, arguments: { other: true } })],
  ])("is refused with %s", async (_, change) => {
    const { url } = await served("legacy");
    const params = { name: "test_input_required_result_elicitation", arguments: {} };
    const { requestState } = resultOf(await modern(url, "tools/call", params));
    const answer = await modern(url, "tools/call", { ...params, ...change(String(requestState)) });
    expect(answer.messages[0]).toMatchObject({ error: { code: -32602 } });
  });

  it("hears progress, and log messages only where it asked for them", async () => {
    const { url } = await served("legacy");
    const progress = await modern(url, "tools/call", { name: "test_tool_with_progress" }, { progressToken: "mine" });
    expect(progress.messages.slice(0, 3).map(({ params }) => isRecord(params) && params["progressToken"])).toEqual([
      "mine",
      "mine",
      "mine",
    ]);
    const quiet = await modern(url, "tools/call", { name: "test_tool_with_logging" });
    expect(quiet.messages.length).toBe(1);
    const logged = await modern(url, "tools/call", { name: "test_tool_with_logging" }, { [MetaKey.logLevel]: "info" });
    expect(logged.messages.length).toBe(4);
  });

  it("hears of changes on its listen stream, tagged with its id", async () => {
    const { url } = await served("legacy");
    const notifications = { toolsListChanged: true, resourceSubscriptions: ["test://watched-resource"] };
    const { body, headers } = modernRequest("subscriptions/listen", { notifications });
    const stop = new AbortController();
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify(body),
      signal: stop.signal,
    });
    let heard = "";
    const reading = (async () => {
      for await (const chunk of response.body ?? []) heard += new TextDecoder().decode(chunk);
    })().catch(() => {});
    await until(() => messagesIn(heard).length === 1);
    await modern(url, "tools/call", { name: "test_trigger_tool_change" });
    await modern(url, "tools/call", { name: "test_trigger_prompt_change" });
    await until(() => messagesIn(heard).length === 2);
    expect(messagesIn(heard)).toMatchObject([
      {
        method: "notifications/subscriptions/acknowledged",
        params: { notifications, _meta: { [MetaKey.subscriptionId]: body.id } },
      },
      { method: "notifications/tools/list_changed", params: { _meta: { [MetaKey.subscriptionId]: body.id } } },
    ]);
    stop.abort();
    await reading;
  });
});

describe("a modern client of a modern server", () => {
  it("hears the log of the call that asked for it, while it listens and calls something else", async () => {
    const { url } = await served("modern");
    const { body, headers } = modernRequest("subscriptions/listen", { notifications: { toolsListChanged: true } });
    const stop = new AbortController();
    const listening = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify(body),
      signal: stop.signal,
    });
    const other = modern(url, "tools/call", { name: "sleep", arguments: { ms: 500 } });
    const logged = await modern(url, "tools/call", { name: "test_tool_with_logging" }, { [MetaKey.logLevel]: "info" });
    expect(logged.messages.map(({ method }) => method)).toEqual([...Array(3).fill("notifications/message"), undefined]);
    expect((await other).messages).toHaveLength(1);
    stop.abort();
    await listening.text().catch(() => {});
  });
});

describe("a legacy client of a modern server", () => {
  it("is asked by requests, and gets the final answer only", async () => {
    const { url } = await served("modern");
    const client = await LegacyClient.connect(url, all);
    const answering = answerQuestions(client, { name: "test_input_required_result_multi_round", arguments: {} });
    expect(await answering).toEqual({ questions: 2, text: "Both rounds are complete" });
  });

  it("keeps what modern servers have no method for", async () => {
    const { url } = await served("modern");
    const client = await LegacyClient.connect(url);
    for (const [method, params] of [
      ["ping", {}],
      ["logging/setLevel", { level: "debug" }],
      ["resources/subscribe", { uri: "test://watched-resource" }],
      ["resources/unsubscribe", { uri: "test://watched-resource" }],
    ] as const) {
      expect((await client.request(method, params)).messages[0]).toMatchObject({ result: {} });
    }
  });
});

/** Calls a tool and answers every question on its stream. */
async function answerQuestions(client: LegacyClient, params: Json): Promise<{ questions: number; text: string }> {
  const response = await fetch(client.url, {
    method: "POST",
    headers: { ...client.headers, "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: "call", method: "tools/call", params }),
  });
  let body = "";
  let questions = 0;
  for await (const chunk of response.body ?? []) {
    body += new TextDecoder().decode(chunk);
    const asked = messagesIn(body).filter(({ method }) => method === "elicitation/create");
    for (const { id } of asked.slice(questions)) await client.post({ jsonrpc: "2.0", id, result: elicited });
    questions = asked.length;
  }
  return {
    questions,
    text: textOf({ status: response.status, headers: response.headers, messages: messagesIn(body) }),
  };
}

describe("modern requests", () => {
  const broken: [string, (url: string) => ReturnType<typeof post>, number, number][] = [
    ["another version in the header", (url) => change(url, { "mcp-protocol-version": "2025-11-25" }), 400, -32020],
    ["another method in the header", (url) => change(url, { "mcp-method": "tools/call" }), 400, -32020],
    ["no name in the header", (url) => change(url, {}, { name: "echo" }, "tools/call"), 400, -32020],
    ["an unknown version", (url) => unknownVersion(url), 400, -32022],
    [
      "no capabilities",
      (url) => modern(url, "tools/list", {}, { [MetaKey.clientCapabilities]: undefined }),
      400,
      -32602,
    ],
    ["a removed method", (url) => modern(url, "ping"), 404, -32601],
    ["an unknown method", (url) => modern(url, "no/such"), 404, -32601],
    [
      "a missing capability",
      (url) => modern(url, "tools/call", { name: "test_missing_capability" }, { [MetaKey.clientCapabilities]: {} }),
      400,
      -32021,
    ],
  ];

  it("are refused with the status and code that 2026-07-28 gives", async () => {
    const { url } = await served("modern");
    for (const [what, send, status, code] of broken) {
      const answer = await send(url);
      expect([what, answer.status, answer.messages[0]]).toMatchObject([what, status, { error: { code } }]);
    }
  });

  it("have neither streams nor sessions", async () => {
    const { url } = await served("modern");
    const response = await fetch(url, {
      headers: { "mcp-protocol-version": "2026-07-28", accept: "text/event-stream" },
    });
    expect(response.status).toBe(405);
  });
});

function change(url: string, headers: Record<string, string>, params: Json = {}, method = "tools/list") {
  const request = modernRequest(method, params);
  const { "mcp-name": _name, ...rest } = { "mcp-name": "", ...request.headers };
  return post(url, request.body, { ...rest, ...headers });
}

function unknownVersion(url: string) {
  const { body, headers } = modernRequest("tools/list", {}, { [MetaKey.protocolVersion]: "2099-01-01" });
  return post(url, body, { ...headers, "mcp-protocol-version": "2099-01-01" });
}

describe("the official client of both eras", () => {
  it.each(["legacy", "modern"] as const)("negotiates and calls tools of a %s server", async (era) => {
    const { url } = await served(era);
    const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    const client = new Client({ name: "v2", version: "1" }, { versionNegotiation: { mode: "auto" } });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    expect(await client.callTool({ name: "echo", arguments: { text: "hi" } })).toMatchObject({
      content: [{ text: "hi" }],
    });
    await client.close();
  });
});
