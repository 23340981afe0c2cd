import type { Webhook } from "@moorage/operator-runtime";
import { ToolConfig } from "@moorage/resources";
import { toolConfigProblem, toolConfigWarning } from "./tool-config-problem.ts";

/** Tells at once what the condition Valid will say. It refuses nothing: a ToolConfig may be mended in several steps. */
export const toolConfigWebhook: Webhook<ToolConfig> = {
  name: "toolconfigs.mcp.stacklok.com",
  for: ToolConfig,
  // A warning is not worth a refused request.
  failurePolicy: "Ignore",
  validate({ spec }) {
    const found = toolConfigProblem(spec) ?? toolConfigWarning(spec);
    return { warnings: found ? [found.message] : [] };
  },
};
