import { createServer } from "node:http";
import { isRecord } from "@moorage/mcp-messages";
import { afterEach, describe, expect, it } from "vitest";
import { LegacyClient } from "../testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy } from "../testing/running-proxy.ts";

const traceID = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceID}-00f067aa0ba902b7-01`;
let proxy: RunningProxy | undefined;
afterEach(async () => {
  await proxy?.server.stop();
  proxy = undefined;
});

describe("tracing", () => {
  it("hands the client's traceparent to the server, though nothing is exported", async () => {
    proxy = await startReadyProxy(fixtureConfig());
    const client = await LegacyClient.connect(proxy.url, {}, { traceparent });
    expect(await client.textOf("trace")).toBe(traceparent);
  });

  it("exports a span between the client's and the server's", async () => {
    const spans: Record<string, unknown>[] = [];
    const collector = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        spans.push(...JSON.parse(body).resourceSpans[0].scopeSpans[0].spans);
        response.end("{}");
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    const address = collector.address();
    const port = address !== null && typeof address !== "string" ? address.port : 0;
    proxy = await startReadyProxy(fixtureConfig({ telemetry: { otlpEndpoint: `http://127.0.0.1:${port}` } }));
    const client = await LegacyClient.connect(proxy.url, {}, { traceparent });
    const seen = await client.textOf("trace");
    await proxy.server.stop();
    proxy = undefined;
    collector.close();
    const span = spans.find(({ name }) => name === "tools/call trace");
    expect(span).toMatchObject({ traceId: traceID, parentSpanId: "00f067aa0ba902b7", kind: 2 });
    expect(isRecord(span) && seen).toBe(`00-${traceID}-${span?.["spanId"]}-01`);
    expect(span?.["attributes"]).toContainEqual({ key: "gen_ai.tool.name", value: { stringValue: "trace" } });
  });
});
