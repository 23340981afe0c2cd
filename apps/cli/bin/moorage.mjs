#!/usr/bin/env node
/**
 * `moorage`: starts the program that the first argument names (the command line when it names none)
 * on the Node.js that the repository pins. Plain JavaScript, so that an older Node.js can get this far.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");
const programs = new Map([
  ["proxy", "apps/proxy/src/main.ts"],
  ["operator", "apps/operator/src/main.ts"],
]);
const args = process.argv.slice(2);
const program = programs.get(args[0]);

const pinned = join(root, "node_modules/node/bin/node");
const node = Number(process.versions.node.split(".")[0]) >= 24 || !existsSync(pinned) ? process.execPath : pinned;

if (node === process.execPath) {
  // Half of a start is compiling what has not changed since the last one.
  module.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "moorage/compiled"));
  const [file, ...rest] = program ? [program, ...args.slice(1)] : ["apps/cli/src/main.ts", ...args];
  process.argv.splice(1, process.argv.length - 1, join(root, file), ...rest);
  await import(join(root, file));
} else {
  // This file once more, so that what it compiles is kept there as well.
  const child = spawn(node, [import.meta.filename, ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
