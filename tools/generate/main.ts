/**
 * Writes everything that is generated. With `--check`, fails when that changes what is checked in.
 *
 * Usage: npm run generate [-- --check]
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const outputs = ["packages/kube-types/src/generated", "deploy", "docs/reference"];
const generators = ["kube-types.ts", "crds.ts", "install.ts", "monitoring.ts", "run-config.ts", "reference.ts"];

const status = () => execFileSync("git", ["status", "--porcelain", "--", ...outputs], { cwd: root, encoding: "utf8" });
const content = () => execFileSync("git", ["diff", "--", ...outputs], { cwd: root, encoding: "utf8" });

const before = status() + content();
for (const generator of generators) {
  execFileSync(process.execPath, [join(import.meta.dirname, generator)], { cwd: root, stdio: "inherit" });
}
const after = status() + content();
if (process.argv.includes("--check") && before !== after) {
  console.error(`Generated files are out of date:\n${status()}Run \`npm run generate\` and commit the result`);
  process.exit(1);
}
