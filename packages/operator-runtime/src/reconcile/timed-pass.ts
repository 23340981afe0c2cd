import type { Clock } from "../clock.ts";
import { ReconcileTimeout } from "./reconcile-error.ts";

/** Work that has a time limit. */
export interface TimedPass<R> {
  /** What the work gave, or its error, or `ReconcileTimeout` when its time was up before. */
  result: Promise<R>;
  /** Resolves when the work has really ended, which may be long after its time. Never rejects. */
  ended: Promise<void>;
}

/** Runs `work` with a signal that aborts when `timeoutMs` have passed or `outer` aborts. */
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
  const pass = work(AbortSignal.any([time.signal, outer])).finally(cancel);
  const ended = pass.then(
    () => {},
    () => {},
  );
  return { result: Promise.race([pass, up.promise]), ended };
}
