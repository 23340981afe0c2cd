import { randomUUID } from "node:crypto";
import { ContainerProcess } from "../process/container-process.ts";
import type { ProcessTable } from "../process/process-table.ts";
import type { PreparedProcess } from "./prepared-process.ts";

const maxOutputBytes = 64 * 1024;

/** Starts a command in the surroundings of a container: its environment and its working folder. */
export function startInContainer(
  { env, cwd, commandWords }: PreparedProcess,
  command: readonly string[],
  processes: ProcessTable,
): ContainerProcess {
  const id = `exec/${randomUUID()}`;
  const process = new ContainerProcess({ argv: commandWords(command), cwd, env: { ...env, ...processes.markFor(id) } });
  const { pid } = process;
  if (pid !== undefined) {
    processes.add(pid);
    void process.exited.then(() => processes.remove(pid, id));
  }
  return process;
}

/** Runs a command to its end, or to the end that `signal` sets, and tells its exit code and what it printed. */
export async function execInContainer(
  spec: PreparedProcess,
  command: readonly string[],
  { signal, processes }: { signal: AbortSignal; processes: ProcessTable },
): Promise<{ exitCode: number; output: string }> {
  const process = startInContainer(spec, command, processes);
  process.stdin.end();
  let output = "";
  const collect = (chunk: Buffer) => {
    if (output.length < maxOutputBytes) output += chunk.toString();
  };
  process.stdout.on("data", collect);
  process.stderr.on("data", collect);
  const stop = () => process.signal("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  const { exitCode, startError } = await process.exited;
  signal.removeEventListener("abort", stop);
  return { exitCode, output: startError ?? output };
}
