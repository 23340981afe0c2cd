import { parseArgs } from "node:util";

export const usage = `Serve an MCP server to many clients over streamable HTTP and HTTP+SSE, or to one over stdio.

Usage:
  moorage proxy --config FILE [--host ADDRESS]
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
  --processes POLICY   perSession (default), perPrincipal, shared or perRequest: who shares a stdio server
  --allow-origin URL   accept web pages from there, may be repeated ("*" for all)
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

type Values = ReturnType<typeof parse>["values"];

/** Reads the command line. Throws an `Error` whose message tells the user what to change. */
export function readCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const { own, command } = splitAt(args, "--");
  // "proxy" comes along where the program is called as `moorage proxy`.
  const { values, positionals } = parse(own[0] === "proxy" ? own.slice(1) : own);
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
  if (values.config !== undefined) return { kind: "file", file: values.config, flags };
  return { kind: "inline", config: inlineConfig(values, command), flags };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true });
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

function inlineConfig(values: Values, command: readonly string[]): unknown {
  const { url, tools } = values;
  const transport = values.transport ?? (url?.endsWith("/sse") ? "sse" : "streamable-http");
  return {
    name: values.name ?? nameFrom(url ?? command.findLast((argument) => !argument.startsWith("-")) ?? "server"),
    listen: { port: portFrom("--port", values.port ?? "8080") },
    ...(values["probe-port"] !== undefined && { probes: { port: portFrom("--probe-port", values["probe-port"]) } }),
    upstream: url === undefined ? { transport: "stdio", command } : { transport, url },
    ...(tools !== undefined && { tools: { filter: tools.split(",").map((tool) => tool.trim()) } }),
    ...(values.processes !== undefined && { sessions: { processPolicy: values.processes } }),
    ...(values["allow-origin"] && { allowedOrigins: values["allow-origin"] }),
  };
}

function portFrom(flag: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new Error(`${flag} must be a port number from 0 to 65535, but is "${text}"`);
}

function nameFrom(source: string): string {
  return source.replace(/^https?:\/\//, "").slice(0, 100);
}
