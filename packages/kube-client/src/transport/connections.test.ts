import { describe, expect, it, onTestFinished } from "vitest";
import { scriptedServer } from "../testing/scripted-server.ts";
import { Connections } from "./connections.ts";

const tls = (fingerprint: string) => ({ rejectUnauthorized: true, fingerprint });

describe("Connections", () => {
  it("keeps one dispatcher per lane until the TLS material changes", async () => {
    const connections = new Connections();
    onTestFinished(() => connections.close());
    const unary = connections.get("unary", tls("a"));
    expect(connections.get("unary", tls("a"))).toBe(unary);
    expect(connections.get("streams", tls("a"))).not.toBe(unary);
    expect(connections.get("unary", tls("b"))).not.toBe(unary);
  });

  it("lets what runs on the old material end in peace", async () => {
    const held = Promise.withResolvers<() => void>();
    const server = await scriptedServer(({ json }) => held.resolve(() => json(200, {})));
    const connections = new Connections();
    onTestFinished(() => connections.close());
    const answer = connections
      .get("unary", tls("a"))
      .request({ origin: server.cluster.server, path: "/", method: "GET" });
    const release = await held.promise;
    connections.get("unary", tls("b"));
    release();
    expect((await answer).statusCode).toBe(200);
  });

  it("refuses to connect once it is closed", async () => {
    const connections = new Connections();
    await connections.close();
    expect(() => connections.get("unary", tls("a"))).toThrow("closed");
  });
});
