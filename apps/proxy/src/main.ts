import { readFileSync } from "node:fs";
import { dirname } from "node:path";
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
      return serve(readConfigFile(command.file), command.flags, command.file);
    case "inline":
      return serve(JSON.stringify(command.config), command.flags);
  }
}

function readConfigFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`Cannot read --config "${file}": ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

async function serve(text: string, flags: Flags, file?: string): Promise<void> {
  const folder = file === undefined ? "." : dirname(file);
  const parsed = parseRunConfig(text, folder);
  if (!parsed.ok) throw new Error(`Cannot use ${file ?? "these options"}:\n  ${parsed.problems.join("\n  ")}`);
  const level = levels.find((known) => known === flags.logLevel);
  if (!level) throw new Error(`--log-level must be one of ${levels.join(", ")}, but is "${flags.logLevel}"`);
  const log = createLog(parsed.config.name, level);
  const proxy = await ProxyServer.create(parsed.config, {
    host: flags.host,
    environment: inheritedEnvironment(process.env),
    log,
  });
  proxy.identify(text);
  await proxy.start();
  if (!file) process.stdout.write(`Serving ${parsed.config.name} at http://${flags.host}:${proxy.port}/mcp\n`);
  const watch =
    file === undefined
      ? undefined
      : new FileWatch(file, text, (changed) => void reconfigure(proxy, { text: changed, folder }, log));
  stopOnSignal(proxy, watch, log);
}

async function reconfigure(
  proxy: ProxyServer,
  { text, folder }: { text: string; folder: string },
  log: Log,
): Promise<void> {
  const parsed = parseRunConfig(text, folder);
  const problem = parsed.ok ? await proxy.configure(parsed.config, text) : parsed.problems.join("; ");
  if (problem === undefined) log.info("The changed configuration is in use");
  else proxy.refuseConfig(problem);
}

/** The second signal does not wait for calls in flight. */
function stopOnSignal(proxy: ProxyServer, watch: FileWatch | undefined, log: Log): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, "Stopping: calls in flight may finish");
    watch?.close();
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
}

main().catch((error: unknown) => {
  process.stderr.write(`moorage proxy: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
