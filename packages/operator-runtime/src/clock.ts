/** Time, injected so that tests can turn it. */
export interface Clock {
  /** Milliseconds since the epoch: what the machine takes for the time. Jumps when that is corrected. */
  now(): number;
  /** Milliseconds since some moment, for durations: never goes back, never jumps. */
  monotonic(): number;
  /** Runs `work` once, `delayMs` from now. @returns a function that calls it off. */
  schedule(delayMs: number, work: () => void): () => void;
}

/** The longest delay that `setTimeout` can hold; longer ones fire at once instead. */
const longestDelayMs = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, work) {
    const timer = setTimeout(work, Math.min(Math.max(0, delayMs), longestDelayMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
