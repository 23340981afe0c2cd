import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { end } from "../clients/servers.ts";

const program = join(import.meta.dirname, "../../apps/operator/src/main.ts");

/** The operator's program, run with the rights of a kubeconfig. */
export class OperatorUnderTest {
  readonly #child: ChildProcess;
  /** Whether it was asked to register webhooks. */
  readonly hasWebhooks: boolean;
  #output = "";

  constructor(kubeconfig: string, namespace: string, args: readonly string[]) {
    this.hasWebhooks = args.some((arg) => arg.startsWith("--webhook-service"));
    const ports = ["--metrics-bind-address=127.0.0.1:0", "--health-probe-bind-address=127.0.0.1:0"];
    this.#child = spawn(process.execPath, [program, `--kubeconfig=${kubeconfig}`, ...ports, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, POD_NAME: "operator-0", POD_NAMESPACE: namespace },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (data: Buffer) => {
        this.#output += data.toString("utf8");
      });
    }
  }

  /** What it logged as warnings and errors. */
  errors(): string[] {
    return this.#output.split("\n").filter((line) => line !== "" && !/"level":"(info|debug)"/.test(line));
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}
