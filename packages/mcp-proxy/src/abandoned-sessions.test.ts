import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { LightServer } from "./testing/light-server.ts";
import { LegacyClient } from "./testing/raw-client.ts";
import { fixtureConfig, startReadyProxy, until } from "./testing/running-proxy.ts";

const descriptors = () => readdirSync("/proc/self/fd").length;

it("a thousand abandoned sessions are bounded, then reaped, and each can still be continued", async () => {
  const light = await LightServer.start();
  const proxy = await startReadyProxy(
    fixtureConfig({
      upstream: { transport: "stdio", host: "127.0.0.1", port: light.port },
      sessions: { maximum: 200, idleTimeoutSeconds: 1 },
    }),
  );
  await until(() => light.sessions <= 1);
  const [before, open] = [descriptors(), light.sessions];
  const clients: LegacyClient[] = [];
  for (let batch = 0; batch < 50; batch += 1) {
    clients.push(...(await Promise.all(Array.from({ length: 20 }, () => LegacyClient.connect(proxy.url)))));
    // One that gives way closes its connection in its own time.
    expect(light.sessions - open).toBeLessThanOrEqual(240);
  }
  expect(new Set(clients.map(({ session }) => session)).size).toBe(1000);
  await until(() => light.sessions <= open);
  expect(proxy.server.status).toMatchObject({ sessions: 0, processes: 0 });
  // The test's clients keep some twenty connections open, of which both ends are in this process.
  await until(() => descriptors() <= before + 60);
  expect(await clients[0]?.textOf("light")).toBe("light");
  await proxy.server.stop();
  await light.stop();
  await until(() => descriptors() <= before);
}, 60_000);
