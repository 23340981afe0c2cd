import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
let folder: string;
let file: string;
let proxy: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "moorage-"));
  file = join(folder, "runconfig.json");
});
afterEach(async () => {
  proxy?.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** The port of the probes. */
async function started(text: string | Buffer): Promise<number> {
  await writeFile(file, text);
  const child = spawn(process.execPath, [program, "--config", file], { stdio: ["ignore", "ignore", "pipe"] });
  proxy = child;
  let log = "";
  for await (const [piece] of pieces(child)) {
    log += piece;
    const port = /"probePort":(\d+)/.exec(log)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(log);
}

async function* pieces(child: ChildProcess): AsyncGenerator<unknown[]> {
  while (child.stderr) yield await once(child.stderr, "data");
}

const config = (more: object = {}) =>
  JSON.stringify({
    name: "x",
    listen: { port: 0 },
    probes: { port: 0 },
    upstream: { transport: "stdio", host: "127.0.0.1", port: 1 },
    ...more,
  });
const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");

async function statusAt(port: number): Promise<Record<string, unknown>> {
  return JSON.parse(await (await fetch(`http://127.0.0.1:${port}/status`)).text());
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error("Waited 15 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("--config", () => {
  it("tells the hash of the file in force, and why a newer one is refused", async () => {
    const port = await started(`${config()}\n`);
    expect(await statusAt(port)).toMatchObject({ configHash: hashOf(`${config()}\n`) });

    const changed = config({ tools: { filter: ["a"] } });
    await writeFile(file, changed);
    await until(async () => (await statusAt(port))["configHash"] === hashOf(changed));

    await writeFile(file, config({ tols: {} }));
    await until(async () => (await statusAt(port))["configError"] !== undefined);
    expect(await statusAt(port)).toMatchObject({
      configHash: hashOf(changed),
      configError: expect.stringMatching(/^tols: is not a field here/),
    });
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/mcp_proxy_config_refused\{server="x"\} 1/);
    expect(metrics).toMatch(/mcp_proxy_config_reloads_total\{result="refused",server="x"\} 1/);

    await writeFile(file, changed);
    await until(async () => (await statusAt(port))["configError"] === undefined);
    expect(await statusAt(port)).toMatchObject({ configHash: hashOf(changed) });
  });
});
