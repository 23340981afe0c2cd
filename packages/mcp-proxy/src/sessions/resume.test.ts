import { afterEach, describe, expect, it } from "vitest";
import { LegacyClient, messagesIn } from "../testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy, until } from "../testing/running-proxy.ts";

let proxy: RunningProxy;
afterEach(() => proxy.server.stop());

const accept = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** Reads a stream into `text` until it ends or is cut. */
function read(response: Response): { text: string; done: Promise<void> } {
  const reading = { text: "", done: Promise.resolve() };
  reading.done = (async () => {
    for await (const chunk of response.body ?? []) reading.text += new TextDecoder().decode(chunk);
  })().catch(() => {});
  return reading;
}

describe("a broken event stream", () => {
  it("goes on from Last-Event-ID: no message is lost or doubled", async () => {
    proxy = await startReadyProxy(fixtureConfig());
    const client = await LegacyClient.connect(proxy.url);
    const params = { name: "test_tool_with_progress", arguments: {}, _meta: { progressToken: 1 } };
    const cut = new AbortController();
    const response = await fetch(proxy.url, {
      method: "POST",
      headers: { ...client.headers, ...accept },
      body: JSON.stringify({ jsonrpc: "2.0", id: "call", method: "tools/call", params }),
      signal: cut.signal,
    });
    const first = read(response);
    await until(() => messagesIn(first.text).length >= 1);
    cut.abort();
    await first.done;
    const ids = [...first.text.matchAll(/^id: (.*)$/gm)].map(([, id = ""]) => id);
    const headers = { ...client.headers, accept: "text/event-stream", "last-event-id": ids.at(-1) ?? "" };
    const second = read(await fetch(proxy.url, { headers }));
    await until(() => messagesIn(second.text).some(({ id }) => id === "call"));
    const seen = [...messagesIn(first.text), ...messagesIn(second.text)];
    expect(seen.map(({ method, id }) => method ?? id)).toEqual([
      "notifications/progress",
      "notifications/progress",
      "notifications/progress",
      "call",
    ]);
  });

  it("is open as soon as its headers are there, and carries what belongs to no call", async () => {
    proxy = await startReadyProxy(fixtureConfig());
    const client = await LegacyClient.connect(proxy.url);
    const stop = new AbortController();
    const response = await fetch(proxy.url, {
      headers: { ...client.headers, accept: "text/event-stream" },
      signal: stop.signal,
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const stream = read(response);
    await client.call("test_trigger_tool_change");
    await until(() => messagesIn(stream.text).some(({ method }) => method === "notifications/tools/list_changed"));
    stop.abort();
    await stream.done;
  });
});
