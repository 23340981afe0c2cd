import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { DevUnderTest } from "./dev-cluster.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
let folder: string;
let launcher: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "moorage-package-"));
  await run(process.execPath, [join(root, "tools/package/build.ts")]);
  await run("npm", ["pack", "--pack-destination", folder], { cwd: join(root, "dist/npm") });
  await run("npm", ["install", "--offline", "--prefix", folder, join(folder, `moorage-${packageJson.version}.tgz`)]);
  launcher = join(folder, "node_modules/moorage/bin/moorage.mjs");
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the npm package, installed in an empty folder", () => {
  it("says its version", async () => {
    expect((await run(process.execPath, [launcher, "--version"])).stdout).toBe(`${packageJson.version}\n`);
  });

  it("tells what is wrong with its arguments", async () => {
    const refused = run(process.execPath, [launcher, "delete", "webapp", "nginx-app", "-f", "a.yaml"]);
    await expect(refused).rejects.toThrow(
      'Give either -f or what to delete: "webapp nginx-app" stands beside -f a.yaml',
    );
  });

  it("runs a server behind policies in a cluster of its own, and calls it", { timeout: 120_000 }, async () => {
    const dev = await DevUnderTest.start(launcher);
    const moorage = async (...args: string[]) => {
      const env = { ...process.env, KUBECONFIG: dev.kubeconfig };
      return (await run(process.execPath, [launcher, ...args], { cwd: root, env })).stdout;
    };
    try {
      expect(await moorage("apply", "-f", "examples/everything.yaml", "-f", "examples/webapp.yaml")).toContain(
        "everything",
      );
      const policies = ['permit(principal, action, resource == Tool::"echo");'];
      await dev.apply("everything", { authzConfig: { type: "inline", inline: { policies } } });
      await dev.ready("everything");
      expect(await moorage("call", "everything", "echo", '{"message": "hello"}')).toContain("hello");
      await expect(moorage("call", "everything", "get-env")).rejects.toThrow(/get-env/);
      expect(await moorage("logs", "everything")).toContain("Starting");
    } finally {
      await dev.stop();
    }
  });
});
