import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { priorities, WorkQueue } from "./work-queue.ts";

describe("WorkQueue", () => {
  it("holds a key once, however often it is added", async () => {
    const queue = new WorkQueue(new FakeClock());
    for (let n = 0; n < 100; n++) queue.add("a");
    queue.add("b");
    expect([queue.depth, await queue.take(), await queue.take(), queue.depth]).toEqual([2, "a", "b", 0]);
  });

  it("hands a key out once more when it was added while a worker had it, and not before", async () => {
    const queue = new WorkQueue(new FakeClock());
    queue.add("a");
    await queue.take();
    for (let n = 0; n < 100; n++) queue.add("a");
    expect(queue.depth).toBe(0);
    queue.done("a");
    expect([queue.depth, await queue.take()]).toEqual([1, "a"]);
    queue.done("a");
    expect(queue.idle).toBe(true);
  });

  it("prefers news to what a complete picture brings, and lets the latter become news", async () => {
    const queue = new WorkQueue(new FakeClock());
    queue.add("old", priorities.initial);
    queue.add("older", priorities.initial);
    queue.add("new");
    queue.add("older");
    const order = [await queue.take(), await queue.take(), await queue.take()];
    expect(order).toEqual(["new", "older", "old"]);
  });

  it("lets nothing starve, even where news come twice as fast as they are worked on", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue(clock);
    queue.add("patient", priorities.initial);
    let taken: string | undefined;
    for (let second = 0; taken !== "patient" && second < 60; second++) {
      queue.add(`news-${second}`);
      clock.advance(1_000);
      queue.add(`more-news-${second}`);
      taken = await queue.take();
      // −100 and 10 a second, against news that have waited half as long: 20 s.
      expect(second).toBeLessThanOrEqual(20);
    }
    expect(taken).toBe("patient");
  });

  it("adds delayed keys when they are due: the shorter delay counts, and an add calls it off", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue(clock);
    queue.addAfter("a", 1_000);
    queue.addAfter("a", 5_000);
    queue.addAfter("b", 2_000);
    queue.addAfter("b", 500);
    clock.advance(499);
    expect(queue.depth).toBe(0);
    clock.advance(1);
    expect(await queue.take()).toBe("b");
    queue.add("a");
    expect([await queue.take(), clock.pending]).toEqual(["a", 0]);
  });

  it("wakes takers in turn, and tells them when nothing more comes", async () => {
    const queue = new WorkQueue(new FakeClock());
    const takers = [queue.take(), queue.take(), queue.take()];
    queue.add("a");
    queue.add("b");
    queue.shutDown();
    expect(await Promise.all(takers)).toEqual(["a", "b", undefined]);
    queue.add("c");
    expect(await queue.take()).toBeUndefined();
  });

  it("measures adds, waiting and work", async () => {
    const clock = new FakeClock();
    const seen: (string | number)[] = [];
    const queue = new WorkQueue(clock, {
      added: () => seen.push("added"),
      started: (waitedMs) => seen.push(waitedMs),
      finished: (workedMs) => seen.push(workedMs),
    });
    queue.add("a");
    queue.add("a");
    clock.advance(100);
    await queue.take();
    clock.advance(30);
    queue.done("a");
    expect(seen).toEqual(["added", 100, 30]);
  });

  it("never loses a key and never hands one to two workers, whatever the order of calls", async () => {
    const call = fc.record({
      what: fc.constantFrom("add", "addAfter", "take", "done", "wait"),
      key: fc.constantFrom("a", "b", "c"),
      n: fc.nat(50),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 60 }), async (calls) => {
        const model = new QueueModel();
        for (const { what, key, n } of calls) await model[what](key, n);
        await model.drain();
        expect(model.owed.size).toBe(0);
      }),
    );
  });
});

/** A queue, and what it owes: keys that were added since they were last handed out. */
class QueueModel {
  readonly owed = new Set<string>();
  readonly #clock = new FakeClock();
  readonly #queue = new WorkQueue(this.#clock);
  readonly #working = new Set<string>();

  add(key: string, n: number): void {
    this.#queue.add(key, n);
    this.owed.add(key);
  }

  addAfter(key: string, n: number): void {
    this.#queue.addAfter(key, n);
    this.owed.add(key);
  }

  async take(): Promise<void> {
    if (this.#queue.depth === 0) return;
    const key = (await this.#queue.take()) ?? "";
    expect(this.#working.has(key)).toBe(false);
    this.#working.add(key);
    this.owed.delete(key);
  }

  done(key: string): void {
    if (this.#working.delete(key)) this.#queue.done(key);
  }

  wait(_key: string, n: number): void {
    this.#clock.advance(n);
  }

  async drain(): Promise<void> {
    this.#clock.advance(100);
    for (const key of [...this.#working]) this.done(key);
    while (this.#queue.depth > 0) await this.take();
  }
}
