import { homedir } from "node:os";
import { join } from "node:path";
import { bundlePrograms } from "../../tools/bundle/bundle-programs.ts";

/** Where programs that benchmarks build are kept. */
export const programs = join(homedir(), ".cache/moorage/bench-operator");

/** Bundles a program as the image does. @returns its path. */
export async function bundle(entryPoint: string, name: string): Promise<string> {
  const folder = join(programs, name);
  await bundlePrograms(folder, { [name]: entryPoint });
  return join(folder, `${name}.mjs`);
}
