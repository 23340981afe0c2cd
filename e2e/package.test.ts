import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { DevUnderTest } from "./dev-cluster.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
/** Runs the guide's controller as the leader of one. */
const leader = `
import { mkdtemp, rm } from "node:fs/promises";
import { startDevCluster } from "@moorage/dev-cluster";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import { createLogger, Manager } from "@moorage/operator-runtime";
import { websiteController } from "./controller.ts";
import { Website } from "./website.ts";

const dir = await mkdtemp("cluster-");
const devCluster = await startDevCluster({ dir, node: false });
const cluster = await loadKubeconfig({ paths: [devCluster.kubeconfigPath] });
const client = new Client({ cluster });
await client.create(CustomResourceDefinition, Website.crd);
await client.close();
const manager = new Manager({
  cluster,
  log: createLogger({ level: "error" }),
  metrics: false,
  probes: false,
  leaderElection: { namespace: "default", name: "website", identity: "one" },
});
manager.add(websiteController);
await manager.start();
await manager.stop();
await devCluster.stop();
await rm(dir, { recursive: true });
console.log("led");
`;
const packages = join(root, "dist/npm");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "moorage-package-"));
  await run(process.execPath, [join(root, "tools/package/main.ts")]);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the npm package of the command, installed in an empty folder", () => {
  let launcher: string;
  beforeAll(async () => {
    const tarball = join(packages, `moorage-${packageJson.version}.tgz`);
    await run("npm", ["install", "--offline", "--prefix", folder, tarball]);
    launcher = join(folder, "node_modules/moorage/bin/moorage.mjs");
  }, 30_000);

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

describe("the npm packages of the libraries, installed as docs/writing-an-operator.md says", () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = join(folder, "website-operator");
    await mkdir(cwd);
    const guide = await readFile(join(root, "docs/writing-an-operator.md"), "utf8");
    const commands = /<!-- run -->\n```bash\n([\s\S]*?)```/.exec(guide)?.[1] ?? "exit 1";
    const env = { ...process.env, MOORAGE: root, npm_config_prefer_offline: "true" };
    await run("bash", ["-euc", commands], { cwd, env });
    for (const [, name = "", text = ""] of guide.matchAll(/<!-- file: (\S+) -->\n```\w+\n([\s\S]*?)```\n/g)) {
      await writeFile(join(cwd, name), text);
    }
  }, 120_000);

  it("are compiled, and lead to nothing of the repository", async () => {
    for (const name of ["kube-types", "kube-client", "resources", "operator-runtime", "dev-cluster"]) {
      const installed = await realpath(join(cwd, "node_modules/@moorage", name));
      expect(installed.startsWith(await realpath(cwd))).toBe(true);
      const files = await readdir(installed, { recursive: true });
      expect(files.filter((file) => /(?<!\.d)\.ts$|\.test\./.test(file))).toEqual([]);
    }
  });

  it("have types with which the guide's files are right", { timeout: 60_000 }, async () => {
    // In the place of what a registry would give.
    await symlink(join(root, "node_modules/@types"), join(cwd, "node_modules/@types"));
    const { stdout } = await run(join(root, "node_modules/.bin/tsc"), [], { cwd }).catch((error) => error);
    expect(stdout).toBe("");
  });

  it("run the guide's tests on a cluster in the same process, and print the operator's role", {
    timeout: 60_000,
  }, async () => {
    const { stdout } = await run(process.execPath, ["test.ts"], { cwd });
    expect(stdout).toContain("pass 2");
    const role = JSON.parse((await run(process.execPath, ["role.ts"], { cwd })).stdout);
    expect(role.rules).toContainEqual({ apiGroups: ["example.dev"], resources: ["websites/status"], verbs: ["patch"] });
  });

  it("elect a leader, on a thread of the package's own", { timeout: 60_000 }, async () => {
    await writeFile(join(cwd, "leader.ts"), leader);
    expect((await run(process.execPath, ["leader.ts"], { cwd })).stdout).toContain("led");
  });
});
