import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WorkQueue } from "./work-queue.ts";

let seen: string[];
let failures: string[];
let queue: WorkQueue;
let failing: (key: string) => boolean;

beforeEach(() => {
  vi.useFakeTimers();
  seen = [];
  failures = [];
  failing = () => false;
  queue = new WorkQueue({
    process: (key) => {
      seen.push(key);
      if (failing(key)) throw new Error("no");
    },
    failed: (key) => failures.push(key),
    backOff: { firstMs: 100, maxMs: 400 },
  });
});
afterEach(() => {
  queue.close();
  vi.useRealTimers();
});

describe("WorkQueue", () => {
  it("processes a key once however often it was added", () => {
    for (const key of ["a", "b", "a", "a"]) queue.add(key);
    vi.runAllTimers();
    expect(seen).toEqual(["a", "b"]);
  });

  it("processes a key again that is added while it is processed", () => {
    let again = true;
    const other = new WorkQueue({
      process: (key) => {
        seen.push(key);
        if (again) other.add(key);
        again = false;
      },
      failed: () => {},
    });
    other.add("a");
    vi.runAllTimers();
    expect(seen).toEqual(["a", "a"]);
  });

  it("takes the earliest of several delays", () => {
    queue.addAfter("a", 500);
    queue.addAfter("a", 50);
    queue.addAfter("a", 900);
    vi.advanceTimersByTime(60);
    expect(seen).toEqual(["a"]);
    vi.advanceTimersByTime(2000);
    expect(seen).toEqual(["a"]);
  });

  it("tries a failing key again with growing delays up to the longest, and starts anew after a success", () => {
    failing = () => true;
    queue.add("a");
    const timesMs: number[] = [];
    for (let ms = 0; ms < 1300; ms += 10) {
      const before = seen.length;
      vi.advanceTimersByTime(10);
      if (seen.length > before) timesMs.push(ms);
    }
    const gaps = timesMs.slice(1).map((ms, index) => ms - (timesMs[index] ?? 0));
    expect(gaps.map((gap) => Math.round(gap / 100) * 100)).toEqual([100, 200, 400, 400]);
    expect(failures).toHaveLength(seen.length);
    failing = () => false;
    vi.advanceTimersByTime(500);
    failing = () => true;
    const before = seen.length;
    queue.add("a");
    vi.advanceTimersByTime(150);
    expect(seen.length - before).toBe(2);
  });

  it("does not let one failing key hold up the others", () => {
    failing = (key) => key === "bad";
    for (const key of ["bad", "good"]) queue.add(key);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(["bad", "good"]);
  });

  it("does nothing after it was closed", () => {
    queue.add("a");
    queue.addAfter("b", 10);
    queue.close();
    queue.add("c");
    vi.runAllTimers();
    expect(seen).toEqual([]);
  });
});
