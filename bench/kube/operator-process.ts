import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { freePort } from "@moorage/dev-cluster/testing";

/** What deploy/install.yaml sets, for `env`. */
export const operatorEnvironment = ["NODE_OPTIONS=--max-semi-space-size=4", "MALLOC_ARENA_MAX=1"];

/** How to start an operator. */
export interface Program {
  /** How the API server sees it. */
  userAgent: string;
  command(kubeconfig: string, metricsPort: number): { program: string; args: string[] };
}

/** A running operator and what it costs. */
export class OperatorProcess {
  readonly #child: ChildProcess;
  readonly #metricsPort: number;
  readonly #onExit = () => void this.#child.kill("SIGKILL");

  private constructor(child: ChildProcess, metricsPort: number) {
    this.#child = child;
    this.#metricsPort = metricsPort;
    process.once("exit", this.#onExit);
  }

  static async start(operator: Program, kubeconfig: string): Promise<OperatorProcess> {
    const port = await freePort();
    const { program, args } = operator.command(kubeconfig, port);
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
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
      if (this.#child.exitCode !== null) throw new Error(`The operator has ended with code ${this.#child.exitCode}`);
      const text = await this.#metrics();
      const done = sumOf(text, "controller_runtime_reconcile_total");
      const waiting = sumOf(text, "workqueue_depth");
      if (done >= reconciles && waiting === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
    process.off("exit", this.#onExit);
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
