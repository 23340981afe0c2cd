import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";

/** A way to run the WebApp controller. */
export interface Contender {
  name: "moorage" | "go";
  /** How the API server sees it. */
  userAgent: string;
  command(kubeconfig: string, metricsPort: number): { program: string; args: string[] };
}

const cache = join(homedir(), ".cache/moorage/bench-operator");
const goProgram = join(cache, "go-operator");
const ourProgram = join(cache, "ours.mjs");

export const ours: Contender = {
  name: "moorage",
  userAgent: "moorage",
  command: (kubeconfig, port) => ({
    program: process.execPath,
    args: ["--max-semi-space-size=4", ourProgram, kubeconfig, String(port)],
  }),
};

export const go: Contender = {
  name: "go",
  userAgent: "bench-go",
  command: (kubeconfig, port) => ({ program: goProgram, args: [kubeconfig, `127.0.0.1:${port}`] }),
};

/** Bundles ours as the image does, and builds the Go program. Needs `go` on the PATH. */
export async function buildBoth(): Promise<void> {
  await mkdir(cache, { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, "ours.ts")],
    outfile: ourProgram,
    bundle: true,
    platform: "node",
    format: "esm",
    // CommonJS packages in the bundle call it.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  await promisify(execFile)("go", ["build", "-o", goProgram, "."], { cwd: join(import.meta.dirname, "go") });
}

/** A running operator and what it costs. */
export class OperatorProcess {
  readonly #child: ChildProcess;
  readonly #metricsPort: number;

  private constructor(child: ChildProcess, metricsPort: number) {
    this.#child = child;
    this.#metricsPort = metricsPort;
  }

  static async start(contender: Contender, kubeconfig: string): Promise<OperatorProcess> {
    const port = await freePort();
    const { program, args } = contender.command(kubeconfig, port);
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    process.once("exit", () => child.kill("SIGKILL"));
    return new OperatorProcess(child, port);
  }

  /** User and system time so far. */
  async cpuSeconds(): Promise<number> {
    const fields = (await readFile(`/proc/${this.#child.pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
    const ticksPerSecond = 100;
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  async peakRssMb(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1000;
  }

  /** Resolves once at least `reconciles` passes have run and nothing waits. */
  async drained(reconciles: number): Promise<void> {
    for (;;) {
      const text = await this.#metrics();
      const done = sumOf(text, "controller_runtime_reconcile_total");
      const waiting = sumOf(text, "workqueue_depth");
      if (done >= reconciles && waiting === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
  }

  /** Empty while it does not serve yet. */
  async #metrics(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`).catch(() => undefined);
    return (await answer?.text()) ?? "";
  }
}

/** Adds a metric up over its labels; a queue's keys of other priorities count too. */
function sumOf(text: string, metric: string): number {
  const lines = text.split("\n").filter((line) => line.startsWith(`${metric}{`) && !line.includes("periodic"));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}
