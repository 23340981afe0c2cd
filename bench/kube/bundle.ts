import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { bundleOptions } from "../../tools/image/bundle-options.ts";

/** Where programs that benchmarks build are kept. */
export const programs = join(homedir(), ".cache/moorage/bench-operator");

/** Bundles a program as the image does. @returns its path. */
export async function bundle(entryPoint: string, name: string): Promise<string> {
  await mkdir(programs, { recursive: true });
  const outfile = join(programs, `${name}.mjs`);
  await build({ ...bundleOptions, entryPoints: [entryPoint], outfile });
  return outfile;
}
