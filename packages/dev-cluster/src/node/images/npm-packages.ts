import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatPackage, type PackageReference } from "./image-reference.ts";
import { Installs } from "./installs.ts";
import { PullError } from "./pull-error.ts";
import { runTool, type ToolResult } from "./run-tool.ts";

const installTimeoutMs = 5 * 60_000;

/** Packages of the npm registry, installed once each, and run without npx in between. */
export class NpmPackages {
  readonly #installs: Installs;
  readonly #env: Readonly<Record<string, string>>;

  /** `env` is the developer's environment, in which npm finds its registry, proxies and certificates. */
  constructor(options: { dir: string; env: Readonly<Record<string, string>> }) {
    this.#installs = new Installs(options.dir);
    this.#env = options.env;
  }

  /**
   * The words that start the package: Node.js and the script, or the program itself where it is no script.
   * `command` chooses one of several; the default is the one named like the package, or the only one.
   * @throws PullError when the package cannot be installed or has no such command.
   */
  async commandOf(reference: PackageReference, command?: string): Promise<string[]> {
    const spec = formatPackage(reference);
    const dir = await this.#folderOf(reference, spec);
    const packageDir = join(dir, "node_modules", reference.name);
    const script = join(packageDir, binOf(reference, packageDir, command));
    if (!existsSync(script))
      throw new PullError(`Cannot run package "${spec}": its command "${script}" is not in the package`);
    return isNodeScript(script) ? [process.execPath, script] : [script];
  }

  /** A tag or a range may mean another version tomorrow: it is looked up once a day. */
  #folderOf({ version = "latest" }: PackageReference, spec: string): Promise<string> {
    const isExact = /^\d+\.\d+\.\d+/.test(version);
    const id = isExact ? spec : `${spec}#${new Date().toISOString().slice(0, 10)}`;
    return this.#installs.install(id, (into) => this.#fill(spec, into));
  }

  async #fill(spec: string, dir: string): Promise<void> {
    const flags = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", "--omit=dev"];
    const result = await runTool(["npm", "install", "--prefix", dir, ...flags, spec], {
      env: this.#env,
      timeoutMs: installTimeoutMs,
    });
    if (result.code !== 0) throw new PullError(failureMessage(spec, result));
  }
}

function failureMessage(spec: string, { code, output }: ToolResult): string {
  const cannot = `Cannot pull package "${spec}"`;
  if (code === undefined) return `${cannot}: npm was not found on this machine; install Node.js with npm`;
  const answer = summary(output);
  if (/E404|ETARGET|ENOVERSIONS/.test(output)) {
    const name = spec.lastIndexOf("@") > 0 ? spec.slice(0, spec.lastIndexOf("@")) : spec;
    return `${cannot}: the npm registry has no such package or version (${answer}); check the spelling, "npm view ${name} versions" lists what there is`;
  }
  if (/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ECONNRESET/.test(output)) {
    return `${cannot}: the npm registry cannot be reached (${answer}); check the network and "npm config get registry"`;
  }
  return `${cannot}: npm failed (${answer})`;
}

/** The first lines of npm's complaint that say something. */
function summary(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.replace(/^npm (error|ERR!) ?/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("npm warn") && !line.startsWith("A complete log"));
  return lines.slice(0, 3).join(" ").slice(0, 300) || "it gave no reason";
}

function binOf({ name }: PackageReference, packageDir: string, command: string | undefined): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8"));
  const bins = binsOf(manifest, name);
  const wanted = command ?? unscoped(name);
  const bin = bins.get(wanted) ?? (command === undefined && bins.size === 1 ? [...bins.values()][0] : undefined);
  if (bin !== undefined) return bin;
  const list = [...bins.keys()].map((bin) => `"${bin}"`).join(", ");
  throw new PullError(
    bins.size === 0
      ? `Cannot run package "${name}": it has no command ("bin" in its package.json), so it is a library and not a program`
      : `Cannot run package "${name}": it has no command "${wanted}", only ${list}; name one as the container's command: ["npx", "-y", "--package=${name}", COMMAND] in the runner image`,
  );
}

function binsOf(manifest: unknown, name: string): Map<string, string> {
  if (typeof manifest !== "object" || manifest === null || !("bin" in manifest)) return new Map();
  const { bin } = manifest;
  if (typeof bin === "string") return new Map([[unscoped(name), bin]]);
  const entries = typeof bin === "object" && bin !== null ? Object.entries(bin) : [];
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function unscoped(name: string): string {
  return name.slice(name.indexOf("/") + 1);
}

/** A script that asks for Node.js, or has no interpreter line but a JavaScript name. */
function isNodeScript(file: string): boolean {
  const [firstLine = ""] = readFileSync(file, "utf8").slice(0, 256).split("\n", 1);
  return firstLine.startsWith("#!") ? /\bnode\b/.test(firstLine) : /\.[cm]?js$/.test(file);
}
