import { KubeApiError } from "@moorage/kube-client";
import { Command } from "commander";
import packageJson from "../../../package.json" with { type: "json" };
import { addApply } from "./commands/apply.ts";
import { addCall } from "./commands/call.ts";
import { addDelete } from "./commands/delete.ts";
import { addDescribe } from "./commands/describe.ts";
import { addDev } from "./commands/dev.ts";
import { addGet } from "./commands/get.ts";
import { addLogs } from "./commands/logs.ts";
import { UsageError } from "./usage-error.ts";

const program = new Command("moorage")
  .version(packageJson.version)
  .description("Runs MCP servers from declarative resources, on Kubernetes or on this machine")
  .addHelpText(
    "after",
    "\nPrograms:\n  proxy      serve one MCP server (`moorage proxy --help`)\n  operator   run the controllers (`moorage operator --help`)",
  )
  .showHelpAfterError("(`--help` shows what there is)");
for (const add of [addDev, addApply, addGet, addDescribe, addDelete, addLogs, addCall]) add(program);

// `moorage get … | head` closes our output early: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

/** What the user did or the cluster answered is told in a sentence; only a defect of ours shows its stack. */
function messageOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof KubeApiError) return `Error: ${error.message}`;
  if (error instanceof Error && error.message.startsWith("Cannot ")) return `Error: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
