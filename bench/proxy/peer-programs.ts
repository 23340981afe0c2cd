import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const cache = join(import.meta.dirname, "../../node_modules/.cache/moorage-bench");

/** The program of an npm package at an exact version, installed when first needed: npx would stay and count as memory. */
export function peerProgram(name: string, version: string, file: string): string {
  const folder = join(cache, `${name}@${version}`);
  const program = join(folder, "node_modules", name, file);
  if (!existsSync(program)) {
    const options = ["install", "--no-audit", "--no-fund", "--no-save", "--prefix", folder, `${name}@${version}`];
    execFileSync("npm", options, { stdio: "ignore" });
  }
  return program;
}
