import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { Cell } from "./cells.ts";

/** The package has no entry but this program. */
const runner = fileURLToPath(new URL("../../node_modules/.bin/conformance", import.meta.url));
const startTimeoutMs = 120_000;

export interface CellResult {
  readonly cell: Cell;
  readonly passed: number;
  readonly scored: number;
  /** Scored scenarios that failed. */
  readonly failures: readonly string[];
  /** The failures that the cell does not allow for. */
  readonly unexpected: readonly string[];
}

/** Runs the official suite against one cell. */
export async function runCell(cell: Cell, port: number): Promise<CellResult> {
  const [program = "", ...args] = cell.command(port);
  const proxy = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"], detached: true });
  try {
    const url = `http://localhost:${port}/mcp`;
    await answers(url, cell.proxy);
    return summaryOf(cell, await conformance(url, cell.requirements));
  } finally {
    await stop(proxy.pid);
    if (proxy.exitCode === null && proxy.signalCode === null) await once(proxy, "exit");
  }
}

/** Standard output of the runner. */
async function conformance(url: string, requirements: string): Promise<string> {
  const args = [runner, "server", "--url", url, "--requirements", requirements];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], cwd: tmpdir() });
  let output = "";
  for await (const chunk of child.stdout) output += chunk;
  return output;
}

/** Reads the summary at the end: a line for each scenario, then the ones that are not scored. */
function summaryOf(cell: Cell, output: string): CellResult {
  const summary = output.slice(output.indexOf("=== SUMMARY ==="));
  const [scenarios = "", notScored = ""] = summary.split("Not scored");
  const unscored = new Set([...notScored.matchAll(/^ +[✓✗] ([\w-]+)/gm)].map(([, name]) => name));
  const results = [...scenarios.matchAll(/^([✓✗]) ([\w-]+):/gm)].filter(([, , name]) => !unscored.has(name));
  if (results.length === 0) throw new Error(`The conformance runner gave no summary:\n${output.slice(-2000)}`);
  const failures = results.flatMap(([, mark, name = ""]) => (mark === "✗" ? [name] : []));
  const unexpected = cell.impossible ? failures.filter((name) => !(name in (cell.impossible ?? {}))) : [];
  return { cell, scored: results.length, passed: results.length - failures.length, failures, unexpected };
}

async function answers(url: string, name: string): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  while (performance.now() < deadline) {
    const response = await fetch(url, { method: "POST", headers, body: "{}" }).catch(() => undefined);
    await response?.body?.cancel();
    // A message that is none is refused before the server is asked, so readiness is seen by another request.
    if (response && (await isReady(url, headers))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name}: nothing answers at ${url}`);
}

async function isReady(url: string, headers: Record<string, string>): Promise<boolean> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test-mcp", version: "1" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  const response = await fetch(url, { method: "POST", headers, body });
  await response.body?.cancel();
  return response.status !== 503;
}

/** The proxy leads a process group: what it started goes with it. */
async function stop(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // It has ended by itself, and what went wrong is on standard error.
  }
}
