import { describe, expect, it } from "vitest";
import { EventLog, type EventTarget } from "./event-log.ts";

class Recorder implements EventTarget {
  text = "";
  ended = false;
  writeEvent(text: string): void {
    this.text += text;
  }
  endEvents(): void {
    this.ended = true;
  }
  get data(): string[] {
    return [...this.text.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => data);
  }
}

describe("EventLog", () => {
  it("gives what was missed, then what comes", () => {
    const log = new EventLog();
    const [first, second] = [new Recorder(), new Recorder()];
    const stream = log.open(first);
    for (const data of ["a", "b", "c"]) stream.append(data);
    expect(log.resume("1-1", second)).toBe(true);
    stream.append("d");
    stream.end();
    expect([first.data, second.data, second.ended]).toEqual([["a", "b", "c"], ["b", "c", "d"], true]);
  });

  it("keeps the end of a stream that nobody read", () => {
    const log = new EventLog();
    const stream = log.open(new Recorder());
    stream.append("a");
    stream.append("answer");
    stream.end();
    const late = new Recorder();
    expect(log.resume("1-1", late)).toBe(false);
    expect(late.data).toEqual(["answer"]);
  });

  it.each(["", "x", "9-1", "1", "1-1-1", "999999999999-1"])("knows no stream of the id %j", (id) => {
    const log = new EventLog();
    log.open(new Recorder()).append("a");
    const late = new Recorder();
    expect(log.resume(id, late)).toBe(false);
    expect(late.data).toEqual([]);
  });

  it("is bounded in events, bytes and streams", () => {
    const log = new EventLog();
    const stream = log.open(new Recorder());
    for (let event = 0; event < 1000; event += 1) stream.append("x");
    const many = new Recorder();
    log.resume("1-0", many);
    expect(many.data.length).toBe(256);
    for (let event = 0; event < 5; event += 1) stream.append("y".repeat(2 * 1024 * 1024));
    const large = new Recorder();
    log.resume("1-0", large);
    expect(large.data.length).toBeLessThan(3);
    for (let index = 0; index < 100; index += 1) log.open(new Recorder());
    expect(log.resume("1-0", new Recorder())).toBe(false);
  });
});
