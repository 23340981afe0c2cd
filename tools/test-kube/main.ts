import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Compares the dev cluster with a real Kubernetes: builds the control plane, helm and kwok where Go is there, then runs the
 * conformance suite and the tests with clients that are not ours.
 * Usage: npm run test:kube
 */
const root = join(import.meta.dirname, "../..");

function run(command: string, args: readonly string[]): number {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error) console.error(`Cannot run "${command}": ${error.message}`);
  return status ?? 1;
}

const hasGo = spawnSync("go", ["version"]).status === 0;
const isBuilt = hasGo && run("bash", ["tools/kube/build.sh", "control-plane", "tools"]) === 0;
if (!hasGo) console.error("NOT TESTED unless built before: a real kube-apiserver, because Go is not installed");

const suites = ["packages/conformance", "e2e/clients"].filter((path) => existsSync(join(root, path)));
const tested = run(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", ...suites]);
process.exitCode = hasGo && !isBuilt ? 1 : tested;
