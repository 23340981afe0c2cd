import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ContainerLog, readLog } from "./container-log.ts";

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "moorage-log-"));
  path = join(dir, "c", "0.log");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const texts = () => readLog(path).map(({ text }) => text);

describe("ContainerLog", () => {
  it("joins chunks to lines, keeps streams apart and their order", () => {
    const log = new ContainerLog(path);
    log.write("stdout", Buffer.from("one\ntw"));
    log.write("stderr", Buffer.from("err\n"));
    log.write("stdout", Buffer.from("o\nlast"));
    expect(texts()).toEqual(["one", "err", "two"]);
    log.close();
    expect(readLog(path).map(({ stream, text }) => `${stream} ${text}`)).toEqual([
      "stdout one",
      "stderr err",
      "stdout two",
      "stdout last",
    ]);
  });

  it("cuts lines that are too long", () => {
    const log = new ContainerLog(path, { maxLineBytes: 10 });
    log.write("stdout", Buffer.from(`${"x".repeat(25)}\n`));
    log.close();
    expect(texts()).toEqual(["x".repeat(10), "x".repeat(10), "x".repeat(5)]);
  });

  it("takes a bounded part of the disk, and keeps the newest lines", () => {
    const log = new ContainerLog(path, { maxFileBytes: 10_000 });
    for (let line = 0; line < 5000; line++) log.write("stdout", Buffer.from(`line ${line}\n`));
    log.close();
    expect(statSync(path).size + statSync(`${path}.1`).size).toBeLessThanOrEqual(20_000);
    expect(texts().at(-1)).toBe("line 4999");
    expect(texts().length).toBeGreaterThan(100);
  });

  it("never gives two lines the same time, so that their order can be told", () => {
    const log = new ContainerLog(path);
    for (let line = 0; line < 100; line++) log.write("stdout", Buffer.from("x\n"));
    log.close();
    const times = readLog(path).map(({ time }) => time);
    expect(new Set(times).size).toBe(100);
    expect([...times].sort()).toEqual(times);
  });

  it("tells followers of each line and of the end", () => {
    const log = new ContainerLog(path);
    const seen: string[] = [];
    log.write("stdout", Buffer.from("before\n"));
    log.follow({ line: ({ text }) => seen.push(text), ended: () => seen.push("END") });
    log.write("stdout", Buffer.from("after\n"));
    log.close();
    expect(seen).toEqual(["after", "END"]);
  });
});
