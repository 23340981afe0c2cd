/**
 * Runs Vitest and closes with one line that any reader of the output understands: `N passed, N failed, N skipped`.
 *
 * Usage: node tools/gate/run-tests.ts [VITEST ARGUMENT...]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "moorage-tests-"));
const report = join(folder, "report.json");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
const { status } = spawnSync("vitest", ["run", ...reporters, ...process.argv.slice(2)], { stdio: "inherit" });

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
}
if (existsSync(report)) {
  const { numPassedTests, numFailedTests, numPendingTests }: Report = JSON.parse(readFileSync(report, "utf8"));
  console.log(`\n${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
}
rmSync(folder, { recursive: true, force: true });
process.exit(status ?? 1);
