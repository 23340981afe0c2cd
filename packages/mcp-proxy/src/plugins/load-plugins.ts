import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isRecord } from "@moorage/mcp-messages";
import type { Connect } from "../connection.ts";
import type { RunConfig } from "../run-config/schema.ts";
import type { Plugin } from "./plugin.ts";

/** Loads the modules of `plugins`: files (relative to the working directory) or packages. Throws what is wrong. */
export async function loadPlugins(names: readonly string[]): Promise<Plugin[]> {
  return Promise.all(names.map(loadPlugin));
}

async function loadPlugin(name: string): Promise<Plugin> {
  const specifier = /^[./]/.test(name) ? pathToFileURL(resolve(name)).href : name;
  const module: unknown = await import(specifier).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`plugins: cannot load ${JSON.stringify(name)}: ${why}`, { cause });
  });
  const plugin = isRecord(module) ? module["plugin"] : undefined;
  if (!isPlugin(plugin)) throw new Error(`plugins: ${JSON.stringify(name)} has no export "plugin" with a name`);
  return plugin;
}

/** The transport that `upstream` names; throws where no plug-in has it. For an upstream of another kind, none is needed. */
export function pluginConnect(upstream: RunConfig["upstream"], plugins: readonly Plugin[]): Connect {
  if (upstream.transport !== "plugin") return noPlugin;
  for (const { transports = {} } of plugins) {
    const transport = transports[upstream.name];
    if (transport) return transport(upstream.options ?? {});
  }
  const known = plugins.flatMap(({ transports = {} }) => Object.keys(transports)).join(", ") || "none";
  throw new Error(`upstream.name: no plug-in has a transport ${JSON.stringify(upstream.name)}; there are: ${known}`);
}

function isPlugin(value: unknown): value is Plugin {
  return isRecord(value) && typeof value["name"] === "string";
}

const noPlugin: Connect = () => {
  throw new Error("The upstream is not one of a plug-in");
};
