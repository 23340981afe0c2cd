import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundle, programs } from "../kube/bundle.ts";
import { operatorEnvironment, type Program } from "../kube/operator-process.ts";

/** A way to run the WebApp controller. */
export interface Contender extends Program {
  name: "moorage" | "go";
}

const goProgram = join(programs, "go-operator");
const ourProgram = join(programs, "ours", "ours.mjs");

export const ours: Contender = {
  name: "moorage",
  userAgent: "moorage",
  command: (kubeconfig, port) => ({
    program: "env",
    args: [...operatorEnvironment, process.execPath, ourProgram, kubeconfig, String(port)],
  }),
};

export const go: Contender = {
  name: "go",
  userAgent: "bench-go",
  command: (kubeconfig, port) => ({ program: goProgram, args: [kubeconfig, `127.0.0.1:${port}`] }),
};

/** Bundles ours as the image does, and builds the Go program. Needs `go` on the PATH. */
export async function buildBoth(): Promise<void> {
  await bundle(join(import.meta.dirname, "ours.ts"), "ours");
  await promisify(execFile)("go", ["build", "-o", goProgram, "."], { cwd: join(import.meta.dirname, "go") });
}
