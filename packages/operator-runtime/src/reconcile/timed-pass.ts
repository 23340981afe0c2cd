import type { Clock } from "../clock.ts";
import { ReconcileTimeout } from "./reconcile-error.ts";

/** Work that has a time limit. */
export interface TimedPass<R> {
  /** What the work gave, or its error, or `ReconcileTimeout` when its time was up before. */
  result: Promise<R>;
  /** Resolves when the work has really ended, which may be long after its time. Never rejects. */
  ended: Promise<void>;
}

/**
 * Runs `work` with a signal that aborts when `timeoutMs` have passed or `outer` aborts.
 * Not `AbortSignal.any()`: an outer signal that outlives thousands of passes would remember each of them for a while.
 */
export function timedPass<R>(
  options: { clock: Clock; timeoutMs: number; outer: AbortSignal },
  work: (signal: AbortSignal) => Promise<R>,
): TimedPass<R> {
  const { clock, timeoutMs, outer } = options;
  const time = new AbortController();
  const up = Promise.withResolvers<never>();
  const cancel = clock.schedule(timeoutMs, () => {
    const error = new ReconcileTimeout(timeoutMs);
    time.abort(error);
    up.reject(error);
  });
  const onOuterAbort = () => time.abort(outer.reason);
  if (outer.aborted) onOuterAbort();
  outer.addEventListener("abort", onOuterAbort, { once: true });
  const pass = work(time.signal).finally(() => {
    cancel();
    outer.removeEventListener("abort", onOuterAbort);
  });
  const ended = pass.then(
    () => {},
    () => {},
  );
  return { result: Promise.race([pass, up.promise]), ended };
}
