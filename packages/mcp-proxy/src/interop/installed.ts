import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Kept between runs, and outside package.json: these programs are for tests only, and heavy. */
const cache = fileURLToPath(new URL("../../../../node_modules/.cache/moorage-interop", import.meta.url));
const installTimeoutMs = 240_000;
const uvVersion = "0.13.9";

/**
 * A file of an npm package at an exact version, which is installed when it is first needed. Undefined where that is
 * impossible, which is said on standard error: without a registry the test that asks can only be left out.
 */
export async function npmProgram(name: string, version: string, file: string): Promise<string | undefined> {
  const folder = join(cache, `${name.replaceAll("/", "+")}@${version}`);
  const spec = `${name}@${version}`;
  const arguments_ = (prefix: string) => ["install", "--no-audit", "--no-fund", "--no-save", "--prefix", prefix, spec];
  const installed = await once(folder, spec, (prefix) => run("npm", arguments_(prefix), { timeout: installTimeoutMs }));
  return installed ? join(folder, "node_modules", name, file) : undefined;
}

/** The command that runs a Python package at an exact version by uvx; undefined as above. */
export async function pythonCommand(name: string, version: string): Promise<string[] | undefined> {
  const folder = join(cache, `uv-${uvVersion}`);
  const uv = join(folder, "bin/uv");
  const options = ["tool", "run", "--cache-dir", join(cache, "uv-cache"), "--python", join(folder, "bin/python")];
  const program = `${name}@${version}`;
  const installed = await once(folder, `uv ${uvVersion}`, async (prefix) => {
    await run("python3", ["-m", "venv", prefix], { timeout: installTimeoutMs });
    const pip = ["-m", "pip", "install", "--quiet", `uv==${uvVersion}`];
    await run(join(prefix, "bin/python"), pip, { timeout: installTimeoutMs });
  });
  if (!installed) return undefined;
  // So that the proxy does not wait for downloads when it starts the server.
  const download = () => run(uv, [...options, program, "--help"], { timeout: installTimeoutMs });
  return (await attempt(program, download)) ? [uv, ...options, "--offline", program] : undefined;
}

/** Installs into a folder of its own first: half an installation is never taken for a whole one. */
async function once(folder: string, what: string, install: (prefix: string) => Promise<unknown>): Promise<boolean> {
  if (existsSync(folder)) return true;
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(dirname(folder), { recursive: true });
  const installed = await attempt(what, () => install(unfinished));
  // Where two test files install the same, the second finds it done.
  if (installed && !existsSync(folder)) await rename(unfinished, folder);
  await rm(unfinished, { recursive: true, force: true });
  return installed;
}

async function attempt(what: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`SKIPPED: ${what} cannot be installed here: ${why}\n`);
    return false;
  }
}
