/**
 * Runs a program of this repository on the Node.js that package.json pins, and installs what it needs
 * first where that has not been done. Plain JavaScript for Node.js 20 and later: it is what a fresh clone starts with.
 *
 * Usage: node tools/setup.mjs PROGRAM.ts [ARGUMENT...]
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const stamp = join(root, "node_modules/.installed");
const node = join(root, "node_modules/node/bin/node");

function installIfNeeded() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error("Installing dependencies (once) …");
  // Not `npm ci`: it refuses a lock file without the optional packages of every other platform, and npm leaves those
  // out that a registry does not carry. Versions and checksums come from the lock file all the same.
  const npm = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    // Whatever the program prints must stay the only thing on standard output.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    console.error("Cannot install the dependencies: npm failed; its output is above");
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

installIfNeeded();
const child = spawn(node, process.argv.slice(2), { stdio: "inherit", cwd: process.cwd() });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
