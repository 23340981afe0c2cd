import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, it } from "vitest";

const launcher = join(import.meta.dirname, "../apps/cli/bin/moorage.mjs");
let dir: string;
let dev: ChildProcess | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "moorage-stop-"));
});
afterEach(async () => {
  dev?.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

it("stops when it is told to before the operator has answered", { timeout: 45_000 }, async () => {
  const child = spawn(process.execPath, [launcher, "dev", "--dir", dir], { stdio: ["ignore", "pipe", "inherit"] });
  dev = child;
  const exited = once(child, "exit");
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith("Operator installed")) child.kill("SIGINT");
  }
  expect(await exited).toEqual([0, null]);
  expect(lines).not.toContain("Operator ready");
  expect(lines.at(-1)).toBe("Stopping …");
});
