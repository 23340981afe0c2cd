import { describe, expect, it, vi } from "vitest";
import { Deadline } from "./deadline.ts";

describe("Deadline", () => {
  it("aborts when the time is up", () => {
    vi.useFakeTimers();
    const deadline = new Deadline(1_000);
    vi.advanceTimersByTime(999);
    expect([deadline.passed, deadline.signal.aborted]).toEqual([false, false]);
    vi.advanceTimersByTime(1);
    expect([deadline.passed, deadline.signal.reason.message]).toEqual([true, "No answer within 1000 ms"]);
    vi.useRealTimers();
  });

  it.each(["before", "after"])("aborts with the caller's reason when that aborts %s the call began", (when) => {
    const caller = new AbortController();
    const reason = new Error("enough");
    if (when === "before") caller.abort(reason);
    const deadline = new Deadline(1_000, caller.signal);
    if (when === "after") caller.abort(reason);
    expect([deadline.passed, deadline.signal.reason]).toEqual([false, reason]);
    deadline.end();
  });

  it("leaves neither a timer nor a listener behind", () => {
    vi.useFakeTimers();
    const caller = new AbortController();
    const deadline = new Deadline(1_000, caller.signal);
    deadline.end();
    caller.abort(new Error("too late"));
    expect([vi.getTimerCount(), deadline.signal.aborted]).toEqual([0, false]);
    vi.useRealTimers();
  });
});
