import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setFlagsFromString } from "node:v8";
import {
  createLog,
  FileWatch,
  inheritedEnvironment,
  type Log,
  type LogLevel,
  ProxyServer,
  parseRunConfig,
  RunConfig,
} from "@moorage/mcp-proxy";
import { type Flags, readCommandLine, usage } from "./command-line.ts";

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Errors of the user are one line and exit code 1; they need no stack. */
async function main(): Promise<void> {
  const command = readCommandLine(process.argv.slice(2), process.env);
  switch (command.kind) {
    case "help":
      process.stdout.write(usage);
      return;
    case "schema":
      process.stdout.write(`${JSON.stringify(RunConfig, null, 2)}\n`);
      return;
    case "file":
      return serveFile(command.file, command.flags);
    case "inline":
      return serveOptions(JSON.stringify(command.config), command.flags);
  }
}

function readConfigFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`Cannot read --config "${file}": ${why(cause)}`, { cause });
  }
}

function why(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  return code === "EISDIR" ? "it is a folder" : cause.message;
}

async function serveFile(file: string, flags: Flags): Promise<void> {
  const bytes = readConfigFile(file);
  const folder = dirname(file);
  const origin = { source: file, folder, configHash: hashOf(bytes) };
  const { proxy, log, stop } = await start(bytes.toString("utf8"), flags, origin);
  const reload = new Reload(proxy, { log, folder });
  new FileWatch(file, bytes, (changed) => reload.changed(changed));
  await serve(proxy, flags, stop);
}

async function serveOptions(text: string, flags: Flags): Promise<void> {
  const { proxy, name, stop } = await start(text, flags, { source: "these options", folder: "." });
  if (!flags.stdio) process.stdout.write(`Serving ${name} at http://${flags.host}:${proxy.port}/mcp\n`);
  await serve(proxy, flags, stop);
}

/** The one client of a program that was started by it; those of a port are served already. */
async function serve(proxy: ProxyServer, { stdio }: Flags, stop: (reason: string) => void): Promise<void> {
  if (!stdio) return;
  await proxy.serveStdio(process.stdin, process.stdout);
  stop("the client has gone");
}

interface Origin {
  /** For messages to people. */
  readonly source: string;
  /** Where the files that it names are. */
  readonly folder: string;
  readonly configHash?: string;
}

async function start(text: string, flags: Flags, { source, folder, ...identity }: Origin) {
  const parsed = parseRunConfig(text, folder);
  if (!parsed.ok) throw new Error(`Cannot use ${source}:\n  ${parsed.problems.join("\n  ")}`);
  const level = levels.find((known) => known === flags.logLevel);
  if (!level) throw new Error(`--log-level must be one of ${levels.join(", ")}, but is "${flags.logLevel}"`);
  const { name } = parsed.config;
  const log = createLog(name, level);
  const environment = inheritedEnvironment(process.env);
  const proxy = await ProxyServer.create(parsed.config, { ...identity, host: flags.host, environment, log });
  // Before it listens: from then on someone may want to stop it.
  const stop = stopOnSignal(proxy, log);
  if (!flags.stdio) await proxy.start();
  return { proxy, log, name, stop };
}

/** Takes over changes of the configuration file, one after the other: the newest is in use last. */
class Reload {
  readonly #proxy: ProxyServer;
  readonly #log: Log;
  readonly #folder: string;
  #last: Promise<void> = Promise.resolve();

  constructor(proxy: ProxyServer, { log, folder }: { log: Log; folder: string }) {
    this.#proxy = proxy;
    this.#log = log;
    this.#folder = folder;
  }

  changed(bytes: Buffer): void {
    this.#last = this.#last
      .then(() => this.#take(bytes))
      .catch((error: unknown) => this.#log.error({ err: error }, "Cannot take over the changed configuration"));
  }

  async #take(bytes: Buffer): Promise<void> {
    const parsed = parseRunConfig(bytes.toString("utf8"), this.#folder);
    const problem = parsed.ok ? await this.#proxy.configure(parsed.config, hashOf(bytes)) : parsed.problems.join("; ");
    if (problem === undefined) this.#log.info("The changed configuration is in use");
    else this.#proxy.refuseConfig(problem);
  }
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The second signal does not wait for calls in flight. Returns what stops the proxy for another reason. */
function stopOnSignal(proxy: ProxyServer, log: Log): (reason: string) => void {
  let stopping = false;
  const stop = (reason: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ reason }, "Stopping: calls in flight may finish");
    proxy.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, "Cannot stop cleanly");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return stop;
}

// V8 would let garbage grow to four times what is in use before it looks for it; see bench/README.md.
setFlagsFromString("--heap-growing-percent=100");
main().catch((error: unknown) => {
  process.stderr.write(`moorage proxy: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
