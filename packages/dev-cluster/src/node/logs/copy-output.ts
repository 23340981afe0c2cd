import type { Readable } from "node:stream";
import { Pause } from "../pod/pause.ts";
import type { ContainerLog, LogLine } from "./container-log.ts";

/** How much one stream may print per slice of time before it has to wait: 10 MB a second. */
const sliceMs = 100;
const bytesPerSlice = 1_000_000;

/**
 * Copies what a program prints to its log. *Guarantees*: a program that prints without end is slowed down by its
 * full pipe, and takes neither this process nor the disk.
 */
export function copyOutput(stream: Readable, name: LogLine["stream"], log: ContainerLog): void {
  let startMs = performance.now();
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    log.write(name, chunk);
    const nowMs = performance.now();
    if (nowMs - startMs >= sliceMs) {
      startMs = nowMs;
      bytes = 0;
    }
    bytes += chunk.length;
    if (bytes < bytesPerSlice) return;
    stream.pause();
    setTimeout(() => stream.resume(), startMs + sliceMs - nowMs).unref();
  });
}

/** Waits until both streams have been read; a descendant that holds them open is not waited for. */
export async function outputEnd({ stdout, stderr }: { stdout: Readable; stderr: Readable }): Promise<void> {
  const pause = new Pause();
  const ended = Promise.all(
    [stdout, stderr].map((stream) =>
      stream.readableEnded || stream.destroyed ? undefined : new Promise((resolve) => stream.once("close", resolve)),
    ),
  );
  void ended.then(() => pause.wake());
  await pause.for(200);
  stdout.destroy();
  stderr.destroy();
}
