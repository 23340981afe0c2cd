import { once } from "node:events";
import type { Writable } from "node:stream";
import type { PodExecOptions, PodExecStreams } from "../../cluster-api.ts";
import { ApiError } from "../../status/api-error.ts";
import type { ContainerRunner } from "../pod/container-runner.ts";
import { startInContainer } from "../pod/exec.ts";
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
  // Failures to read mean that one side has gone; the signal or the exit code tells the rest.
  const ignore = () => undefined;
  void (options.stdin ? feed(process.stdin, streams.stdin).catch(ignore) : Promise.resolve()).then(() =>
    process.stdin.end(),
  );
  const { exitCode, startError } = await process.exited;
  await Promise.all(outputs).catch(ignore);
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
  for await (const chunk of from) to(chunk);
}

async function feed(stdin: Writable, from: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of from) {
    if (stdin.destroyed) return;
    if (!stdin.write(chunk)) await Promise.race([once(stdin, "drain"), once(stdin, "close")]);
  }
}

function notRunning(container: string): ApiError {
  return new ApiError(500, "InternalError", `Cannot run a command in container "${container}": it is not running`);
}
