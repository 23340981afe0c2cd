import { describe, expect, it } from "vitest";
import { Backoff } from "./backoff.ts";

function backoff() {
  let now = 1_000_000;
  const subject = new Backoff(() => now);
  return {
    subject,
    advance: (ms: number) => {
      now += ms;
    },
  };
}

describe("Backoff", () => {
  it("does not wait after the first failure, then 1 s, 2 s … 60 s", () => {
    const { subject, advance } = backoff();
    const waits = Array.from({ length: 9 }, () => {
      subject.failed();
      const wait = subject.remainingMs();
      advance(wait);
      return wait / 1000;
    });
    expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it("starts again when the server has lived for a while", () => {
    const { subject, advance } = backoff();
    subject.failed();
    subject.failed();
    advance(120_000);
    subject.failed();
    expect(subject.remainingMs()).toBe(0);
  });

  it("lets an attempt that succeeded be followed at once", () => {
    const { subject } = backoff();
    subject.failed();
    subject.failed();
    subject.reset();
    expect(subject.remainingMs()).toBe(0);
  });
});
