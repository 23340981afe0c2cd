/**
 * Builds the npm packages in dist/npm, a folder and a tarball each, to install or to publish: `moorage`, the command line,
 * and the libraries below it, which others write operators with.
 *
 * Usage: node tools/package/main.ts
 */
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildCommand } from "./command.ts";
import { buildLibraries } from "./libraries.ts";

const target = join(import.meta.dirname, "../../dist/npm");
rmSync(target, { recursive: true, force: true });
await buildCommand(join(target, "moorage"));
buildLibraries(target);
for (const { name } of readdirSync(target, { withFileTypes: true })) {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", target], { cwd: join(target, name) });
}
