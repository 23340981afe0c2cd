import { afterEach, describe, expect, it } from "vitest";
import type { ProcessPolicy } from "../run-config/schema.ts";
import { LegacyClient } from "../testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy, until } from "../testing/running-proxy.ts";

let proxy: RunningProxy;
afterEach(() => proxy.server.stop());

async function serve(processPolicy: ProcessPolicy): Promise<string> {
  proxy = await startReadyProxy(fixtureConfig({ sessions: { processPolicy } }));
  return proxy.url;
}

describe("sessions.processPolicy", () => {
  it.each([
    ["perSession", false],
    ["perPrincipal", true],
    ["shared", true],
  ] as const)("%s: one process for two sessions of one principal is %s", async (policy, same) => {
    const url = await serve(policy);
    const [one, two] = await Promise.all([LegacyClient.connect(url), LegacyClient.connect(url)]);
    const [first, second] = await Promise.all([one.textOf("pid"), two.textOf("pid")]);
    expect(first === second).toBe(same);
  });

  it("shared: never crosses answers or progress, and survives the death of the process", async () => {
    const url = await serve("shared");
    const clients = await Promise.all(Array.from({ length: 16 }, () => LegacyClient.connect(url)));
    const texts = await Promise.all(clients.map((client, index) => client.textOf("echo", { text: `client ${index}` })));
    expect(texts).toEqual(clients.map((_, index) => `client ${index}`));
    const progress = await Promise.all(
      clients
        .slice(0, 4)
        .map((client) =>
          client.request("tools/call", { name: "test_tool_with_progress", _meta: { progressToken: "same" } }),
        ),
    );
    expect(progress.map(({ messages }) => messages.length)).toEqual([4, 4, 4, 4]);
    expect(await clients[0]?.textOf("exit", { code: 1 })).toMatch(/exited with code 1/);
    expect(await clients[1]?.textOf("echo", { text: "alive" })).toBe("alive");
  });

  it("shared: ends the process with the last session", async () => {
    const url = await serve("shared");
    const [one, two] = await Promise.all([LegacyClient.connect(url), LegacyClient.connect(url)]);
    const pid = Number(await one.textOf("pid"));
    await one.end();
    expect(Number(await two.textOf("pid"))).toBe(pid);
    await two.end();
    await until(() => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    });
  });
});
