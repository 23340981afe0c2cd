import { spawn } from "node:child_process";

/** What a tool of this machine answered. `code` is `undefined` when the tool is not there. */
export interface ToolResult {
  code: number | undefined;
  /** Both streams, in the order they came, at most the last 64 KiB. */
  output: string;
}

const maxOutputBytes = 64 * 1024;

/** Runs a tool of the developer's machine (npm, uv, a container engine) in the environment given. Never throws. */
export function runTool(
  [program = "", ...args]: readonly string[],
  { env, timeoutMs }: { env: Readonly<Record<string, string>>; timeoutMs: number },
): Promise<ToolResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-maxOutputBytes);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", () => resolve({ code: undefined, output }));
    child.once("close", (code, signal) => {
      if (signal) output += `\n${program} was stopped after ${timeoutMs / 1000} s`;
      resolve({ code: code ?? 1, output });
    });
  });
}
