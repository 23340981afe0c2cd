import { basename } from "node:path";
import { parseArgs } from "node:util";

export const usage = `Serve an MCP server to many clients over streamable HTTP and HTTP+SSE, or to one over stdio.

Usage:
  moorage proxy --config FILE [--host ADDRESS] [--log-level LEVEL] [--stdio]
  moorage proxy [OPTIONS] -- COMMAND [ARGUMENT...]
  moorage proxy [OPTIONS] --url URL
  moorage proxy --stdio [OPTIONS] (--config FILE | --url URL | -- COMMAND...)

What to serve (one of):
  --config FILE        a RunConfig file (JSON); changes of it are taken over while the proxy runs
  -- COMMAND...        a stdio server: one process per session
  --url URL            a server that speaks HTTP already

Options:
  --host ADDRESS       address to listen on               (MOORAGE_HOST, default 127.0.0.1)
  --port PORT          port for clients                   (default 8080; 0 takes a free one)
  --probe-port PORT    port for /healthz /readyz /metrics /status   (default: not served)
  --transport NAME     with --url: streamable-http or sse (default: sse where the URL ends in /sse)
  --stdio              serve the client that started this program, over standard input and output; no port is opened
  --name NAME          the server's name in logs and metrics
  --tools A,B,C        show only these tools
  --processes POLICY   perSession (default), perPrincipal, shared or perRequest: who shares a server that is started
  --allow-origin URL   accept web pages from there (https://app.example.com, "*" for all); may be repeated
  --log-level LEVEL    debug, info, warn or error         (MOORAGE_LOG_LEVEL, default info; with --stdio warn)
  --schema             print the JSON Schema of RunConfig and exit
  --help               print this and exit

Examples:
  moorage proxy -- npx -y @modelcontextprotocol/server-everything
  moorage proxy --port 9000 --tools get-weather --url https://mcp.example.com/mcp

  moorage proxy --stdio --url https://mcp.example.com/mcp     (for clients that only start programs)

Clients then connect to http://ADDRESS:PORT/mcp, or to /sse. Logs are JSON lines on standard error.
`;

/** What the user asked for. */
export type Command =
  | { kind: "help" }
  | { kind: "schema" }
  | { kind: "file"; file: string; flags: Flags }
  | { kind: "inline"; config: unknown; flags: Flags };

export interface Flags {
  readonly host: string;
  readonly logLevel: string;
  /** Serve one client over standard input and output, instead of listening. */
  readonly stdio: boolean;
}

const maximumNameLength = 100;
const launchers = /^(?:npx|npm|pnpm|yarn|bunx?|deno|node|tsx|uvx?|pipx|python[\d.]*|docker|podman|sh|bash)$/;
const subcommands = /^(?:run|exec|dlx|tool)$/;

const options = {
  config: { type: "string" },
  url: { type: "string" },
  host: { type: "string" },
  port: { type: "string" },
  "probe-port": { type: "string" },
  transport: { type: "string" },
  name: { type: "string" },
  tools: { type: "string" },
  processes: { type: "string" },
  "allow-origin": { type: "string", multiple: true },
  "log-level": { type: "string" },
  stdio: { type: "boolean" },
  schema: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

const ofThePort = ["host", "port", "probe-port", "allow-origin"];
const ofTheFile = ["port", "probe-port", "transport", "name", "tools", "processes", "allow-origin"];

type Values = ReturnType<typeof parse>["values"];

/** Reads the command line. Throws an `Error` whose message tells the user what to change. */
export function readCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const { own, command } = splitAt(args, "--");
  // "proxy" comes along where the program is called as `moorage proxy`.
  const { values, positionals } = parsed(own[0] === "proxy" ? own.slice(1) : own);
  if (values.help) return { kind: "help" };
  if (values.schema) return { kind: "schema" };
  const [surplus] = positionals;
  if (surplus !== undefined) throw new Error(`Unexpected argument "${surplus}": put the server's command after "--"`);
  const flags = {
    host: values.host ?? environment["MOORAGE_HOST"] ?? "127.0.0.1",
    logLevel: values["log-level"] ?? environment["MOORAGE_LOG_LEVEL"] ?? (values.stdio ? "warn" : "info"),
    stdio: values.stdio ?? false,
  };
  checkSources(values, command);
  checkCompany(values);
  if (values.config !== undefined) return { kind: "file", file: values.config, flags };
  return { kind: "inline", config: inlineConfig(values, command), flags };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true });
}

/** Node.js advises to put an unknown option after "--", which would make a command of it here. */
function parsed(args: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (cause) {
    const [sentence = ""] = (cause instanceof Error ? cause.message : String(cause)).split(". ");
    throw new Error(`${sentence} (see --help)`, { cause });
  }
}

function splitAt(args: readonly string[], separator: string): { own: readonly string[]; command: readonly string[] } {
  const index = args.indexOf(separator);
  return index < 0 ? { own: args, command: [] } : { own: args.slice(0, index), command: args.slice(index + 1) };
}

function checkSources(values: Values, command: readonly string[]): void {
  const sources = [values.config, values.url, command[0]].filter((source) => source !== undefined);
  if (sources.length === 0) throw new Error("Say what to serve: --config FILE, --url URL, or -- COMMAND (see --help)");
  if (sources.length > 1) throw new Error("Give only one of --config FILE, --url URL and -- COMMAND");
}

/** An option that would have no effect is refused: who gives it counts on it. */
function checkCompany(values: Values): void {
  const given = Object.keys(values);
  const refuse = (names: readonly string[], why: string) => {
    const name = names.find((option) => given.includes(option));
    if (name !== undefined) throw new Error(`--${name} ${why}`);
  };
  if (values.config !== undefined) refuse(ofTheFile, "does not go with --config: say it in the file");
  if (values.stdio) refuse(ofThePort, "does not go with --stdio: no port is opened");
  if (values.url === undefined) refuse(["transport"], "goes with --url only: a command is served over stdio");
  else refuse(["processes"], "goes with a command only: no process is started for a --url");
}

function inlineConfig(values: Values, command: readonly string[]): unknown {
  const { url, tools } = values;
  const transport = values.transport ?? (url?.endsWith("/sse") ? "sse" : "streamable-http");
  return {
    name: values.name ?? (url === undefined ? nameOfCommand(command) : nameOfURL(url)).slice(0, maximumNameLength),
    listen: { port: portFrom("--port", values.port ?? "8080") },
    ...(values["probe-port"] !== undefined && { probes: { port: portFrom("--probe-port", values["probe-port"]) } }),
    upstream: url === undefined ? { transport: "stdio", command } : { transport, url },
    ...(tools !== undefined && { tools: { filter: tools.split(",").map((tool) => tool.trim()) } }),
    ...(values.processes !== undefined && { sessions: { processPolicy: values.processes } }),
    ...(values["allow-origin"] && { allowedOrigins: values["allow-origin"].map(originFrom) }),
  };
}

function portFrom(flag: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new Error(`${flag} must be a port number from 0 to 65535, but is "${text}"`);
}

/** As browsers send it: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Origin */
function originFrom(text: string): string {
  if (text === "*" || (URL.canParse(text) && new URL(text).origin === text.toLowerCase())) return text;
  const example = URL.canParse(text) && new URL(text).origin !== "null" ? new URL(text).origin : "https://example.com";
  throw new Error(`--allow-origin must be "*" or an origin such as "${example}", but is "${text}"`);
}

/** Without what may be a secret: names get into logs. */
function nameOfURL(text: string): string {
  if (!URL.canParse(text)) return "server";
  const { host, pathname } = new URL(text);
  return `${host}${pathname}`;
}

/** The program, or what a launcher such as npx starts. */
function nameOfCommand([program = "server", ...args]: readonly string[]): string {
  if (!launchers.test(basename(program))) return basename(program);
  return args.find((argument) => !argument.startsWith("-") && !subcommands.test(argument)) ?? basename(program);
}
