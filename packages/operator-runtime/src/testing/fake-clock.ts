import type { Clock } from "../clock.ts";

interface Timer {
  at: number;
  work: () => void;
}

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #now: number;
  #jumped = 0;
  readonly #timers = new Set<Timer>();

  /** @param start the time at first, RFC 3339. */
  constructor(start = "2026-01-01T00:00:00Z") {
    this.#now = Date.parse(start);
  }

  now(): number {
    return this.#now + this.#jumped;
  }

  monotonic(): number {
    return this.#now;
  }

  /** The machine's time is corrected by `ms`, which may be negative. No time passes by that. */
  jump(ms: number): void {
    this.#jumped += ms;
  }

  schedule(delayMs: number, work: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), work };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass: what is due runs, in the order of its time, at its time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let due = this.#nextDue(end); due; due = this.#nextDue(end)) {
      this.#timers.delete(due);
      this.#now = due.at;
      due.work();
    }
    this.#now = end;
  }

  #nextDue(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
    return next;
  }
}
