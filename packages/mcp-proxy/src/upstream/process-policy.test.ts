import { readdirSync, readFileSync } from "node:fs";
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

function hasEnded(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

/** Of every thread: the tests may run in one that is not the first. */
function childrenOf(pid: number): string[] {
  const lists = readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/children`);
  return lists.flatMap((list) => readFileSync(list, "utf8").match(/\d+/g) ?? []);
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

  it("perRequest: every request has a process of its own, which ends with the answer", async () => {
    const client = await LegacyClient.connect(await serve("perRequest"));
    const pids = [Number(await client.textOf("pid")), Number(await client.textOf("pid"))];
    expect(new Set(pids).size).toBe(2);
    await until(() => pids.every(hasEnded));
    const progress = await client.request("tools/call", {
      name: "test_tool_with_progress",
      _meta: { progressToken: "mine" },
    });
    expect(progress.messages.length).toBe(4);
    expect(await client.textOf("exit", { code: 1 })).toMatch(/exited with code 1/);
    expect(await client.textOf("echo", { text: "alive" })).toBe("alive");
  });

  it("perRequest: a client that goes away takes the process with it", async () => {
    const client = await LegacyClient.connect(await serve("perRequest"));
    const before = new Set(childrenOf(process.pid));
    const added = () => childrenOf(process.pid).filter((pid) => !before.has(pid));
    const gone = new AbortController();
    const params = { name: "sleep", arguments: { ms: 60_000 } };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 9, method: "tools/call", params });
    const headers = { ...client.headers, "content-type": "application/json", accept: "application/json" };
    const call = fetch(client.url, { method: "POST", headers, body, signal: gone.signal }).catch(() => "gone");
    await until(() => added().length > 0);
    await client.post({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 9 } });
    gone.abort();
    expect(await call).toBe("gone");
    await until(() => added().length === 0);
  });

  it("shared: ends the process with the last session", async () => {
    const url = await serve("shared");
    const [one, two] = await Promise.all([LegacyClient.connect(url), LegacyClient.connect(url)]);
    const pid = Number(await one.textOf("pid"));
    await one.end();
    expect(Number(await two.textOf("pid"))).toBe(pid);
    await two.end();
    await until(() => hasEnded(pid));
  });
});
