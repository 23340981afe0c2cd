import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { peerProgram } from "./peer-programs.ts";

/** Something that serves a stdio server over HTTP. */
export interface Target {
  readonly name: string;
  readonly path: string;
  command(port: number): readonly string[];
  readonly headers?: string;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const echo = [process.execPath, here("echo-server.ts")];
/** As the image runs it: see tools/image. */
const ours = [process.execPath, "--max-semi-space-size=16", here("../../dist/image/moorage.mjs"), "proxy"];

/** The newest versions that we compare with. */
const mcpProxy = [process.execPath, peerProgram("mcp-proxy", "6.7.19", "dist/bin/mcp-proxy.mjs")];
const supergateway = [process.execPath, peerProgram("supergateway", "4.0.0", "dist/index.js")];

export const bareBridge: Target = {
  name: "20-line bridge (ceiling)",
  path: "/mcp",
  command: (port) => [process.execPath, here("bare-bridge.ts"), String(port), ...echo],
};

export const moorage: Target = {
  name: "moorage",
  path: "/mcp",
  command: (port) => [...ours, "--port", String(port), "--log-level", "error", "--", ...echo],
};

export const moorageShared: Target = {
  name: "moorage, shared process",
  path: "/mcp",
  command: (port) => [...ours, "--port", String(port), "--log-level", "error", "--processes", "shared", "--", ...echo],
};

/** HTTP to HTTP: the server is a process of its own, started once for all. None of the peers does this. */
export const httpTargets = (serverPort: number): readonly Target[] => [
  {
    name: "HTTP: bare reverse proxy (ceiling)",
    path: "/mcp",
    command: (port) => [process.execPath, here("bare-reverse-proxy.ts"), String(port), String(serverPort)],
  },
  {
    name: "HTTP: moorage",
    path: "/mcp",
    command: (port) => [
      ...[...ours, "--port", String(port), "--log-level", "error"],
      ...["--url", `http://127.0.0.1:${serverPort}/mcp`],
    ],
  },
];

/** The HTTP server behind `httpTargets`. */
export function startHTTPServer(port: number): ChildProcess {
  return spawn(process.execPath, [here("echo-http-server.ts"), String(port)], { stdio: "ignore" });
}

/** The proxy with a configuration file. */
export function moorageWith(name: string, configFile: string, headers: string): Target {
  return { name, path: "/mcp", headers, command: () => [...ours, "--config", configFile, "--log-level", "error"] };
}

export const peers: readonly Target[] = [
  {
    name: "mcp-proxy",
    path: "/mcp",
    command: (port) => [...mcpProxy, "--host", "127.0.0.1", "--port", String(port), "--", ...echo],
  },
  {
    name: "supergateway --stateful",
    path: "/mcp",
    command: (port) => [
      ...[...supergateway, "--stdio", echo.join(" "), "--outputTransport", "streamableHttp", "--stateful"],
      ...["--port", String(port), "--logLevel", "none"],
    ],
  },
  {
    name: "supergateway (stateless)",
    path: "/mcp",
    command: (port) => [
      ...[...supergateway, "--stdio", echo.join(" "), "--outputTransport", "streamableHttp"],
      ...["--port", String(port), "--logLevel", "none"],
    ],
  },
];

const ticksPerSecond = 100;
let running: ChildProcess | undefined;

/** A bench that is interrupted must not leave servers behind: the next one would measure them. */
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (running) void stop(running).then(() => process.exit(1));
    else process.exit(1);
  });
}

export interface Usage {
  /** Resident memory of the proxy's own process, in MiB. */
  readonly ownMebibytes: number;
  /** Of all its processes: the servers that it started count too. */
  readonly mebibytes: number;
  readonly processes: number;
  /** Since the start, of processes that live still. */
  readonly cpuSeconds: number;
}

export interface Running {
  readonly url: URL;
  usage(): Usage;
  stop(): Promise<void>;
}

/** Starts a target and waits until it answers. */
export async function start(target: Target, port: number): Promise<Running> {
  const [program = "", ...args] = target.command(port);
  if (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))
    throw new Error(`Something listens on port ${port} already`);
  const child = spawn(program, args, { stdio: "ignore", detached: true });
  running = child;
  const url = new URL(`http://127.0.0.1:${port}${target.path}`);
  await answers(url, target);
  return { url, usage: () => usageOf(child.pid ?? 0), stop: () => stop(child) };
}

async function answers(url: URL, target: Target): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (performance.now() < deadline) {
    const response = await fetch(url, { method: "POST", body: "{}" }).catch(() => undefined);
    await response?.body?.cancel();
    if (response && response.status !== 503) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${target.name} does not answer at ${url}`);
}

async function stop(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const tree = [pid, ...descendants(pid)];
  child.kill("SIGTERM");
  await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 5000))]);
  for (const member of tree) {
    try {
      process.kill(member, "SIGKILL");
    } catch {
      // It has gone already, which is what we want.
    }
  }
}

function usageOf(pid: number): Usage {
  const tree = [pid, ...descendants(pid)];
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  return {
    ownMebibytes: residentMebibytes(pid),
    mebibytes: total(tree.map(residentMebibytes)),
    processes: tree.length,
    cpuSeconds: total(tree.map(cpuSecondsOf)),
  };
}

/** User and system time, with that of children that have ended: see proc(5). */
function cpuSecondsOf(pid: number): number {
  const fields = readIfThere(`/proc/${pid}/stat`)
    .replace(/^.*\) /, "")
    .split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
}

function residentMebibytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(statusOf(pid))?.[1] ?? 0) / 1024;
}

function descendants(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(/PPid:\s+(\d+)/.exec(statusOf(Number(name)))?.[1]) }));
  return childrenOf(pid, parents);
}

function childrenOf(pid: number, parents: readonly { pid: number; parent: number }[]): number[] {
  const children = parents.filter(({ parent }) => parent === pid).map(({ pid: child }) => child);
  return children.flatMap((child) => [child, ...childrenOf(child, parents)]);
}

function statusOf(pid: number): string {
  return readIfThere(`/proc/${pid}/status`);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It ended while we looked.
    return "";
  }
}
