import { Compile, type Validator } from "typebox/compile";
import { withAbsoluteFiles } from "./absolute-files.ts";
import { describeProblems } from "./problems.ts";
import { RunConfig } from "./schema.ts";
import { BridgeUpstream, CommandUpstream, PluginUpstream, PodsUpstream, RemoteUpstream } from "./upstream-schema.ts";

/** Either a valid configuration or everything that is wrong with it, one sentence per problem. */
export type ParsedRunConfig = { ok: true; config: RunConfig } | { ok: false; problems: string[] };

/** Compiled at its first use: an operator without MCPServers never needs it, and starts by an eighth faster. */
let compiled: Validator<Record<string, never>, typeof RunConfig> | undefined;
const runConfig = () => (compiled ??= Compile(RunConfig));

const upstreams = {
  command: CommandUpstream,
  bridge: BridgeUpstream,
  pods: PodsUpstream,
  remote: RemoteUpstream,
  plugin: PluginUpstream,
};

/**
 * Parses the text of a RunConfig file. Each problem names the field, its value and the fix. Never throws.
 *
 * @param folder where the file is: the files that it names are relative to it. Default: the working directory.
 */
export function parseRunConfig(text: string, folder = "."): ParsedRunConfig {
  const json = parseJson(text);
  if ("problem" in json) return { ok: false, problems: [json.problem] };
  if (runConfig().Check(json.value)) {
    const problems = contradictions(json.value);
    return problems.length > 0 ? { ok: false, problems } : { ok: true, config: withAbsoluteFiles(json.value, folder) };
  }
  return { ok: false, problems: problemsOf(json.value) };
}

function parseJson(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: `The file is not JSON: ${error instanceof Error ? error.message : error}` };
  }
}

/** A union only says that no member matched; so the member that was meant is found first and checked alone. */
function problemsOf(value: unknown): string[] {
  const problems = describeProblems(runConfig().Errors(value), value);
  const upstream = isRecord(value) ? value["upstream"] : undefined;
  if (upstream === undefined) return problems.map(({ text }) => text);
  const others = problems.filter(({ field }) => !/^upstream\b/.test(field));
  const own = isRecord(upstream)
    ? describeProblems(Compile(upstreams[kindOfUpstream(upstream)]).Errors(upstream), upstream, "upstream")
    : [{ field: "upstream", text: `upstream: must be an object, but is ${JSON.stringify(upstream)}` }];
  return [...others, ...own].map(({ text }) => text);
}

function kindOfUpstream({ transport, command, host, url }: Record<string, unknown>): keyof typeof upstreams {
  if (transport === "plugin") return "plugin";
  const http = transport === "sse" || transport === "streamable-http";
  const stdio = transport === "stdio" || (!http && command !== undefined);
  if (stdio) return host === undefined ? "command" : "bridge";
  return url === undefined ? "pods" : "remote";
}

/** What a schema cannot say. */
function contradictions(config: RunConfig): string[] {
  const problems: string[] = [];
  const { listen, probes, tools } = config;
  if (probes && probes.port === listen.port && probes.port !== 0) {
    problems.push(`probes.port: is ${probes.port} like listen.port: choose another port`);
  }
  if (
    config.tokenExchange &&
    !("url" in config.upstream || ("host" in config.upstream && config.upstream.transport !== "stdio"))
  ) {
    problems.push("tokenExchange: only HTTP servers take tokens: remove it, or use another upstream.transport");
  }
  if (config.tokenExchange && !config.oidc) {
    problems.push("tokenExchange: needs the clients' tokens: add oidc");
  }
  const names = new Map<string, string>();
  for (const [tool, { name = tool }] of Object.entries(tools?.override ?? {})) {
    const other = names.get(name);
    if (other) problems.push(`tools.override.${tool}.name: "${name}" is taken by "${other}": choose another name`);
    names.set(name, tool);
  }
  return problems;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
