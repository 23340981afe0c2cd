import type { Clock } from "../clock.ts";

/** So many corrections of one child to the same desired state within the window are a fight, not drift. */
const correctionsAllowed = 5;
const windowMs = 60_000;
const firstPauseMs = 30_000;
const longestPauseMs = 600_000;

interface Fight {
  hash: string;
  /** When the last corrections were made, in milliseconds of monotonic time. */
  at: number[];
  pauseMs: number;
  openUntil: number;
}

/**
 * Stops endless loops with another controller that writes the same fields: a child that is corrected to the very
 * same state more than 5 times in a minute is left alone for 30 s, then 60 s … 10 min.
 *
 * *Guarantees*: a hand edit is corrected at once; a new desired state is applied at once.
 */
export class ApplyBreaker {
  readonly #clock: Clock;
  readonly #children = new Map<string, Fight>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the child is to be left alone, in milliseconds; 0 when it may be applied. */
  pauseBefore(id: string, hash: string): number {
    const now = this.#clock.monotonic();
    const fight = this.#fightOf(id, hash);
    if (fight.openUntil > now) return fight.openUntil - now;
    fight.at = fight.at.filter((at) => now - at < windowMs);
    if (fight.at.length === 0) fight.pauseMs = firstPauseMs;
    if (fight.at.length >= correctionsAllowed) {
      fight.openUntil = now + fight.pauseMs;
      fight.pauseMs = Math.min(longestPauseMs, fight.pauseMs * 2);
      // After the pause one more correction is tried, and the next fight is noticed at its first round.
      fight.at = fight.at.slice(1).map(() => fight.openUntil);
      return fight.openUntil - now;
    }
    return 0;
  }

  /** The child was brought back to the desired state. Tries that failed are no fight: the server's trouble, not a rival. */
  corrected(id: string, hash: string): void {
    this.#fightOf(id, hash).at.push(this.#clock.monotonic());
  }

  forget(id: string): void {
    this.#children.delete(id);
  }

  #fightOf(id: string, hash: string): Fight {
    const existing = this.#children.get(id);
    if (existing?.hash === hash) return existing;
    const fresh = { hash, at: [], pauseMs: firstPauseMs, openUntil: 0 };
    this.#children.set(id, fresh);
    return fresh;
  }
}
