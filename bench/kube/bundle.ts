import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

/** Where programs that benchmarks build are kept. */
export const programs = join(homedir(), ".cache/moorage/bench-operator");

/** Bundles a program as the image does. @returns its path. */
export async function bundle(entryPoint: string, name: string): Promise<string> {
  await mkdir(programs, { recursive: true });
  const outfile = join(programs, `${name}.mjs`);
  await build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    // CommonJS packages in the bundle call it.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  return outfile;
}
