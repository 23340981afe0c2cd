import type { ObjectKey } from "@moorage/kube-client";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Source } from "../controller.ts";
import { KeyBackoff } from "../queue/key-backoff.ts";

/** A source that ran for so long has recovered: its next failure is a first one. */
const recoveredAfterMs = 300_000;

/** Runs a source until `signal` aborts: again, with back-off, however it ends before. Never rejects. */
export async function runSource(
  source: Source,
  trigger: (key: ObjectKey) => void,
  context: { clock: Clock; log: Logger; signal: AbortSignal },
): Promise<void> {
  const { clock, signal } = context;
  const log = context.log.child({ source: source.name });
  const backoff = new KeyBackoff();
  while (!signal.aborted) {
    const startedAt = clock.monotonic();
    const error = await startSource(source, trigger, { signal, log }).then(
      () => new Error("It ended, though it should run"),
      (thrown: unknown) => thrown,
    );
    if (signal.aborted) return;
    if (clock.monotonic() - startedAt > recoveredAfterMs) backoff.forget(source.name);
    const delayMs = backoff.failed(source.name);
    log.error({ err: error, retryInMs: Math.round(delayMs) }, "A source of a controller failed");
    await pause(clock, delayMs, signal);
  }
}

async function startSource(source: Source, ...rest: Parameters<Source["run"]>): Promise<void> {
  await source.run(...rest);
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.schedule(delayMs, end);
    signal.addEventListener("abort", end);
  });
}
