import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatPackage, type PackageReference } from "./image-reference.ts";
import { PullError } from "./pull-error.ts";
import { runTool } from "./run-tool.ts";

const installTimeoutMs = 5 * 60_000;

/** Lists the console scripts of a distribution, one a line. */
const listScripts = `
import importlib.metadata, sys
for entry in importlib.metadata.distribution(sys.argv[1]).entry_points:
    if entry.group == "console_scripts":
        print(entry.name)
`;

/** Packages of the Python index, each in a virtual environment of its own: by `uv` where it is installed, else by pip. */
export class PythonPackages {
  readonly #dir: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #running = new Map<string, Promise<string>>();

  constructor(options: { dir: string; env: Readonly<Record<string, string>> }) {
    this.#dir = options.dir;
    this.#env = options.env;
  }

  /**
   * The words that start the package: its console script. `command` chooses one of several.
   * @throws PullError when the package cannot be installed or has no such command.
   */
  async commandOf(reference: PackageReference, command?: string): Promise<string[]> {
    const dir = await this.#folderOf(reference);
    const python = join(dir, "bin", "python");
    const { output } = await runTool([python, "-I", "-c", listScripts, reference.name], {
      env: this.#env,
      timeoutMs: 30_000,
    });
    const scripts = output.split("\n").filter((line) => line !== "");
    const wanted = command ?? reference.name;
    const script =
      scripts.find((name) => name === wanted) ??
      (command === undefined && scripts.length === 1 ? scripts[0] : undefined);
    if (script !== undefined) return [join(dir, "bin", script)];
    throw new PullError(
      `Cannot run package "${formatPackage(reference)}": it has no command "${wanted}"; it has ${scripts.length === 0 ? "none" : scripts.map((name) => `"${name}"`).join(", ")}`,
    );
  }

  /** A virtual environment holds its own path, so it is made in its place and a file marks it as complete. */
  #folderOf(reference: PackageReference): Promise<string> {
    const spec = formatPackage(reference);
    const isExact = reference.version !== undefined && /^\d/.test(reference.version);
    // What has no version may be another one tomorrow: it is looked up once a day.
    const dir = join(this.#dir, isExact ? spec : `${spec}#${new Date().toISOString().slice(0, 10)}`);
    if (existsSync(join(dir, ".complete"))) return Promise.resolve(dir);
    const running = this.#running.get(spec) ?? this.#fill(reference, dir).finally(() => this.#running.delete(spec));
    this.#running.set(spec, running);
    return running;
  }

  async #fill(reference: PackageReference, dir: string): Promise<string> {
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    const { name, version } = reference;
    const requirement = version === undefined || version === "latest" ? name : `${name}==${version}`;
    const steps = (await this.#has(["uv", "--version"])) ? uvSteps(dir, requirement) : pipSteps(dir, requirement);
    for (const step of steps) {
      const { code, output } = await runTool(step, { env: this.#env, timeoutMs: installTimeoutMs });
      if (code !== 0) throw new PullError(failureMessage(formatPackage(reference), code, output));
    }
    writeFileSync(join(dir, ".complete"), "");
    return dir;
  }

  async #has(command: readonly string[]): Promise<boolean> {
    return (await runTool(command, { env: this.#env, timeoutMs: 10_000 })).code === 0;
  }
}

function uvSteps(dir: string, requirement: string): string[][] {
  return [
    ["uv", "venv", "--quiet", "--allow-existing", dir],
    ["uv", "pip", "install", "--quiet", "--python", join(dir, "bin", "python"), requirement],
  ];
}

function pipSteps(dir: string, requirement: string): string[][] {
  return [
    ["python3", "-m", "venv", dir],
    [join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement],
  ];
}

function failureMessage(spec: string, code: number | undefined, output: string): string {
  const cannot = `Cannot pull package "${spec}"`;
  if (code === undefined)
    return `${cannot}: neither uv nor python3 was found on this machine; install uv (https://docs.astral.sh/uv) or Python 3`;
  const answer = output
    .trim()
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-3)
    .join(" ")
    .slice(0, 300);
  if (/No matching distribution|No solution found|not found in the package registry|no version of/i.test(output)) {
    return `${cannot}: the Python package index has no such package or version (${answer}); check the spelling of name and version`;
  }
  return `${cannot}: the installation failed (${answer || "it gave no reason"})`;
}
