import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
/** Answers a call after half a second. */
const server = `
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const say = (result) => console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
    if (method === "initialize") {
      const { protocolVersion } = params;
      say({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "slow", version: "1" } });
    } else if (method === "tools/list") say({ tools: [] });
    else setTimeout(() => say({ content: [{ type: "text", text: "done" }] }), 500);
  });
`;
const accept = { "content-type": "application/json", accept: "application/json, text/event-stream" };

let proxy: ChildProcess;
afterEach(() => proxy.kill("SIGKILL"));

async function started(): Promise<string> {
  const args = [program, "--port", "0", "--log-level", "error", "--", process.execPath, "-e", server];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  proxy = child;
  const [line] = await once(child.stdout, "data");
  return /http:\S+/.exec(String(line))?.[0] ?? "";
}

const post = (url: string, headers: object, body: object) =>
  fetch(url, { method: "POST", headers: { ...accept, ...headers }, body: JSON.stringify({ jsonrpc: "2.0", ...body }) });

/** A session's headers; asks again while the server is not ready. */
async function session(url: string): Promise<Record<string, string>> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } };
  const response = await post(url, {}, { id: 0, method: "initialize", params });
  await response.text();
  const id = response.headers.get("mcp-session-id");
  if (response.status === 503) await new Promise((resolve) => setTimeout(resolve, 50));
  return id === null ? session(url) : { "mcp-session-id": id, "mcp-protocol-version": "2025-11-25" };
}

const childrenOf = (pid: number) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? [];

function isAlive(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

describe("SIGTERM", () => {
  it("under load: every call in flight is answered, new ones are not taken, and no process is left", async () => {
    const url = await started();
    const sessions = await Promise.all(Array.from({ length: 6 }, () => session(url)));
    const calls = sessions.flatMap((headers) =>
      [1, 2, 3, 4].map((id) => post(url, headers, { id, method: "tools/call", params: { name: "slow" } })),
    );
    // The calls have arrived when a later one over the same connections would be answered.
    await fetch(url, { method: "PUT" }).then((response) => response.text());
    await new Promise((resolve) => setTimeout(resolve, 100));
    const children = childrenOf(proxy.pid ?? 0);
    expect(children.length).toBeGreaterThanOrEqual(6);
    const exit = once(proxy, "exit");
    proxy.kill("SIGTERM");
    const answers = await Promise.all(calls.map(async (call) => (await call).text()));
    expect(answers.filter((answer) => answer.includes("done")).length).toBe(24);
    expect(await exit).toEqual([0, null]);
    expect(children.filter(isAlive)).toEqual([]);
    await expect(fetch(url)).rejects.toThrow();
  });
});
