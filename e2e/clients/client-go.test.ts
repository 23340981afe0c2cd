import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../eventually.ts";
import { end, hasBinaries, type Server, servers } from "./servers.ts";

const cacheDir = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "moorage");
const program = join(cacheDir, "client-go-test");
const hasGo = spawnSync("go", ["version"]).status === 0;
if (!hasGo) console.error("######## NOT TESTED: clients made with client-go (there is no Go here) ########");
const cases = servers.filter(({ name, needs }) => hasGo && hasBinaries(needs, `client-go on ${name}`));

/** What the program says on its output. */
interface Said {
  readonly what: string;
  readonly name: string;
}

class GoProgram {
  readonly said: Said[] = [];
  readonly process: ChildProcess;

  constructor(mode: "work" | "lead", kubeconfig: string, identity: string) {
    const child = spawn(program, [mode, kubeconfig, "default", identity], { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: child.stdout }).on("line", (line) => this.said.push(JSON.parse(line)));
    this.process = child;
  }

  says(what: string, name: string, withinMs = 20_000): Promise<boolean> {
    return eventually(`the program says ${what} ${name}`, withinMs, async () => {
      if (this.said.some((said) => said.what === what && said.name === name)) return true;
      throw new Error(JSON.stringify(this.said.slice(-20)));
    });
  }
}

describe.skipIf(!hasGo)("client-go", () => {
  beforeAll(() => {
    mkdirSync(cacheDir, { recursive: true });
    const { status, stderr } = spawnSync("go", ["build", "-mod=readonly", "-o", program, "."], {
      cwd: join(import.meta.dirname, "go"),
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
  }, 600_000);

  describe.each(cases)("on $name", ({ start }) => {
    let server: Server;
    let client: Client;
    const programs: GoProgram[] = [];
    beforeAll(async () => {
      server = await start();
      client = new Client({ cluster: await loadKubeconfig({ paths: [server.kubeconfig] }), fieldManager: "e2e" });
    }, 90_000);
    afterEach(async () => {
      await Promise.all(programs.splice(0).map((running) => end(running.process, "SIGKILL")));
    });
    afterAll(async () => {
      await client.close();
      await server.stop();
    });

    const go = (mode: "work" | "lead", identity = "worker") => {
      const running = new GoProgram(mode, server.kubeconfig, identity);
      programs.push(running);
      return running;
    };
    const source = (name: string, value: string) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "default", labels: { role: "source" } },
      data: { value },
    });
    const copyOf = async (name: string) =>
      (await client.get(ConfigMap, { namespace: "default", name: `${name}-copy` })).data?.["value"];

    it("keeps copies by informer and work queue, from before, during and after", { timeout: 60_000 }, async () => {
      for (let count = 0; count < 20; count++) await client.create(ConfigMap, source(`early-${count}`, "1"));
      const worker = go("work");
      await worker.says("synced", "default");
      for (let count = 0; count < 20; count++) {
        await client.create(ConfigMap, source(`late-${count}`, "1"));
        await worker.says("copied", `early-${count}=1`);
        await worker.says("copied", `late-${count}=1`);
      }
      await client.apply(ConfigMap, source("early-0", "2"), { force: true });
      await worker.says("copied", "early-0=2");
      expect(await copyOf("early-0")).toBe("2");
      await client.delete(ConfigMap, { namespace: "default", name: "late-0" });
      await worker.says("gone", "late-0");
      await eventually("the copy of what is gone is collected", 20_000, async () => {
        const { items } = await client.list(ConfigMap, { namespace: "default" });
        expect(items.map(({ metadata }) => metadata.name)).not.toContain("late-0-copy");
        return true;
      });
      await end(worker.process);
      expect(worker.process.exitCode).toBe(0);
      expect(worker.said.filter(({ what }) => what === "retry")).toEqual([]);
    });

    it("elects one of two leaders, and the other one when it ends or is killed", { timeout: 60_000 }, async () => {
      const first = go("lead", "first");
      await first.says("leading", "first");
      const second = go("lead", "second");
      await second.says("leader", "first");
      expect(second.said).not.toContainEqual({ what: "leading", name: "second" });
      // It gives the Lease back: the other need not wait until that ends.
      const releasedMs = performance.now();
      await end(first.process);
      await second.says("leading", "second");
      expect(performance.now() - releasedMs).toBeLessThan(2_900);
      const third = go("lead", "third");
      await third.says("leader", "second");
      await end(second.process, "SIGKILL");
      await third.says("leading", "third");
    });
  });
});
