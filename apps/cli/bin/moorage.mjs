#!/usr/bin/env node
/**
 * `moorage`: starts the program that the first argument names (the command line when it names none), bundled where this
 * is the npm package, else from its sources, on the Node.js that the repository pins. Plain JavaScript, so that an older
 * Node.js can get this far.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const oldestNode = 24;
const bundles = join(import.meta.dirname, "../lib");
const root = join(import.meta.dirname, "../../..");
const bundled = existsSync(bundles);
const fileOf = (name) => (bundled ? join(bundles, `${name}.mjs`) : join(root, `apps/${name}/src/main.ts`));
const pinned = join(root, "node_modules/node/bin/node");
const args = process.argv.slice(2);

if (Number.parseInt(process.versions.node, 10) >= oldestNode) {
  // Half of a start is compiling what has not changed since the last one.
  module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "moorage/compiled"));
  const [first, ...rest] = args;
  const isProgram = first === "proxy" || first === "operator";
  const file = fileOf(isProgram ? first : "cli");
  process.argv.splice(1, process.argv.length - 1, file, ...(isProgram ? rest : args));
  await import(file);
} else if (!bundled && existsSync(pinned)) {
  // This file once more, so that what it compiles is kept there as well.
  const child = spawn(pinned, [import.meta.filename, ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
} else {
  console.error(`Error: moorage needs Node.js ${oldestNode} or later, and this is ${process.versions.node}`);
  process.exitCode = 1;
}
