import { once } from "node:events";
import type { PodExecOptions, PodExecStreams } from "../../cluster-api.ts";
import { ApiError } from "../../status/api-error.ts";
import type { ContainerRunner } from "../pod/container-runner.ts";
import { startInContainer } from "../pod/exec.ts";
import type { ContainerProcess } from "../process/container-process.ts";
import type { ProcessTable } from "../process/process-table.ts";

/**
 * Runs a command in a container's environment with the client's streams. The command ends with its client.
 * *Caveats*: there is no terminal; with `tty` both outputs go to the client's standard output, unedited.
 */
export async function runExec(
  { runner, processes }: { runner: ContainerRunner | undefined; processes: ProcessTable },
  options: PodExecOptions,
  streams: PodExecStreams,
): Promise<{ exitCode: number }> {
  if (!runner?.spec) throw notRunning(options.container);
  if (options.command.length === 0) return attach(runner, streams);
  const process = startInContainer(runner.spec, options.command, processes);
  const kill = () => process.signal("SIGKILL");
  streams.signal.addEventListener("abort", kill, { once: true });
  const outputs = [
    copy(process.stdout, (chunk) => streams.stdout(chunk)),
    copy(process.stderr, (chunk) => (options.tty ? streams.stdout(chunk) : streams.stderr(chunk))),
  ];
  void feed(process, options.stdin ? streams.stdin : undefined);
  const { exitCode, startError } = await process.exited;
  await Promise.all(outputs);
  streams.signal.removeEventListener("abort", kill);
  if (startError) streams.stderr(Buffer.from(`${startError}\n`));
  return { exitCode: startError ? 127 : exitCode };
}

/** The output of the container's own process from now on. Its input is closed, so there is nothing to send. */
async function attach(runner: ContainerRunner, streams: PodExecStreams): Promise<{ exitCode: number }> {
  const ended = new Promise<void>((resolve) => {
    const unfollow = runner.log?.follow({
      line: ({ stream, text }) => streams[stream](Buffer.from(`${text}\n`)),
      ended: resolve,
    });
    streams.signal.addEventListener("abort", () => {
      unfollow?.();
      resolve();
    });
  });
  await ended;
  return { exitCode: runner.snapshot.state?.terminated?.exitCode ?? 0 };
}

async function copy(from: AsyncIterable<Uint8Array>, to: (chunk: Uint8Array) => void): Promise<void> {
  try {
    for await (const chunk of from) to(chunk);
  } catch {
    // The program was killed while its output was read: what came before has been sent.
  }
}

async function feed({ stdin }: ContainerProcess, from: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  try {
    for await (const chunk of from ?? []) {
      if (stdin.destroyed) return;
      if (!stdin.write(chunk)) await Promise.race([once(stdin, "drain"), once(stdin, "close")]);
    }
  } catch {
    // The client has gone; its program is ended by the signal.
  }
  stdin.end();
}

function notRunning(container: string): ApiError {
  return new ApiError(500, "InternalError", `Cannot run a command in container "${container}": it is not running`);
}
