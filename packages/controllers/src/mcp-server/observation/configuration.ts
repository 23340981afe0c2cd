import { createHash } from "node:crypto";
import type { ConfigMap } from "@moorage/kube-types/core-v1";
import type { ProxyStatus } from "@moorage/mcp-proxy";
import { runConfigKey } from "../children/run-config.ts";

/** How far a RunConfig has got: running proxies read it again by themselves. */
export interface ConfigurationState {
  /** Proxies that still work by an older one. */
  outdated: number;
  /** Why a proxy does not take it. */
  refused?: string;
}

/** Compares what the proxies work by with the RunConfig that they should. */
export function configurationState(
  runConfig: ConfigMap | undefined,
  proxies: readonly ProxyStatus[],
): ConfigurationState {
  const text = runConfig?.data?.[runConfigKey];
  if (text === undefined) return { outdated: 0 };
  const wanted = createHash("sha256").update(text).digest("hex");
  const behind = proxies.filter(({ configHash }) => configHash !== wanted);
  const refused = behind.find(({ configError }) => configError)?.configError;
  return { outdated: behind.length, ...(refused && { refused }) };
}
