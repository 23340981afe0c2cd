import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@moorage/dev-cluster/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LegacyClient } from "../../testing/raw-client.ts";
import {
  fixtureCommand,
  fixtureConfig,
  type RunningProxy,
  startProxy,
  startReadyProxy,
  until,
} from "../../testing/running-proxy.ts";
import { TCPBridgeServer } from "../../testing/tcp-bridge-server.ts";
import { AddressBook } from "../../upstream/address-book.ts";
import { openBridge } from "./tcp-bridge.ts";

let bridge: TCPBridgeServer;
let proxy: RunningProxy;

const upstream = (host: string, port: number) => ({ upstream: { transport: "stdio" as const, host, port } });

/** On a port that a later one can take. */
beforeEach(async () => {
  bridge = await TCPBridgeServer.start(fixtureCommand("legacy"), await freePort());
});
afterEach(async () => {
  await proxy.server.stop();
  await bridge.stop();
});

describe("a stdio server behind a TCP bridge", () => {
  it("runs a process per session, found by name", async () => {
    proxy = await startReadyProxy(fixtureConfig(upstream("localhost", bridge.port)));
    const [one, two] = await Promise.all([LegacyClient.connect(proxy.url), LegacyClient.connect(proxy.url)]);
    expect(await one.textOf("pid")).not.toBe(await two.textOf("pid"));
    await one.end();
    await two.end();
    await until(() => bridge.processes === 0);
  });

  it("is found at another address when one refuses", async () => {
    proxy = await startReadyProxy(fixtureConfig(upstream("127.0.0.1", bridge.port)));
    const addresses = new AddressBook("server", async () => ["127.0.0.9", "127.0.0.1"]);
    const channel = openBridge({ transport: "stdio", host: "server", port: bridge.port }, { addresses });
    await until(() => channel.address === "127.0.0.1");
    // The one that refused is not counted as used.
    expect(await addresses.lease().address).toBe("127.0.0.9");
    await channel.close();
  });

  it("is replaced when it dies", async () => {
    proxy = await startReadyProxy(fixtureConfig(upstream("127.0.0.1", bridge.port)));
    const client = await LegacyClient.connect(proxy.url);
    const late = client.textOf("sleep", { ms: 10_000 });
    await until(async () => (await client.textOf("echo", { text: "x" })) === "x");
    bridge.killAll();
    expect(await late).toMatch(/exited or closed the connection/);
    expect(await client.textOf("echo", { text: "alive" })).toBe("alive");
  });

  it("is waited for while it is replaced: the call is late, not lost", async () => {
    proxy = await startReadyProxy(fixtureConfig(upstream("127.0.0.1", bridge.port)));
    const client = await LegacyClient.connect(proxy.url);
    const { port } = bridge;
    await bridge.stop();
    await until(() => proxy.server.status.error?.reason === "ConnectionRefused");
    const answer = client.textOf("echo", { text: "patience" });
    await sleep(500);
    bridge = await TCPBridgeServer.start(fixtureCommand("legacy"), port);
    expect(await answer).toBe("patience");
  });

  it.each([
    ["ConnectionRefused", "127.0.0.1"],
    ["HostNotFound", "no-such-host.invalid"],
  ])("is waited for: %s", async (reason, host) => {
    await bridge.stop();
    proxy = await startProxy(fixtureConfig(upstream(host, bridge.port)));
    await until(() => proxy.server.status.error !== undefined);
    expect(proxy.server.status).toMatchObject({ ready: false, upstream: null, error: { reason } });
    bridge = await TCPBridgeServer.start(fixtureCommand("legacy"), host === "127.0.0.1" ? bridge.port : 0);
    if (host === "127.0.0.1") await until(() => proxy.server.status.ready);
  });
});
