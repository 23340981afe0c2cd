import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startDevCluster } from "./dev-cluster.ts";
import { type Fields, listAt, stringAt } from "./store/api-object.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "dev-cluster-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function startChild(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./testing/crash-child.ts", import.meta.url)), dir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = await once(createInterface({ input: child.stdout }), "line");
  return { child, url: String(url) };
}

function call(
  agent: Agent,
  url: string,
  { method, path, body }: { method: string; path: string; body?: unknown },
): Promise<Fields> {
  const authorization = `Bearer ${readFileSync(join(dir, "pki/admin.token"), "utf8")}`;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      new URL(path, url),
      { method, agent, headers: { authorization } },
      async (response) => {
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of response) chunks.push(chunk);
          resolve(JSON.parse(Buffer.concat(chunks).toString()));
        } catch (error) {
          reject(error);
        }
      },
    );
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const path = "/api/v1/namespaces/default/configmaps";

describe("startDevCluster()", () => {
  it("keeps every acknowledged write over kill -9, and versions never go back", { timeout: 60_000 }, async () => {
    const acknowledged = new Map<string, number>();
    let newest = 0;
    for (let round = 0; round < 5; round++) {
      const { child, url } = await startChild();
      const agent = new Agent({ keepAlive: true, maxSockets: 4, ca: readFileSync(join(dir, "pki/ca.crt")) });
      const exited = once(child, "exit");
      const write = async (writer: number) => {
        for (let count = 0; ; count++) {
          const name = `r${round}-${writer}-${count}`;
          const made = await call(agent, url, { method: "POST", path, body: { metadata: { name } } });
          const version = Number(stringAt(made, "metadata", "resourceVersion"));
          expect(version).toBeGreaterThan(newest);
          acknowledged.set(name, version);
          if (acknowledged.size % 100 === 0) child.kill("SIGKILL");
        }
      };
      // Each writer ends when its connection breaks.
      await Promise.allSettled([write(0), write(1), write(2), write(3)]);
      child.kill("SIGKILL");
      await exited;
      agent.destroy();
      newest = Math.max(...acknowledged.values());
    }
    const { child, url } = await startChild();
    const agent = new Agent({ ca: readFileSync(join(dir, "pki/ca.crt")) });
    const list = await call(agent, url, { method: "GET", path });
    const found = new Map(
      listAt(list, "items").map((item) => [
        stringAt(item, "metadata", "name"),
        Number(stringAt(item, "metadata", "resourceVersion")),
      ]),
    );
    for (const [name, version] of acknowledged) expect(found.get(name)).toBe(version);
    expect(acknowledged.size).toBeGreaterThan(300);
    child.kill("SIGKILL");
    await once(child, "exit");
  });

  it("comes back at the same port with the same certificate, and keeps its secrets to its owner", async () => {
    const first = await startDevCluster({ dir, node: false, controllers: false });
    await first.stop();
    const kubeconfig = readFileSync(first.kubeconfigPath, "utf8");
    const second = await startDevCluster({ dir, node: false, controllers: false });
    expect(readFileSync(second.kubeconfigPath, "utf8")).toBe(kubeconfig);
    expect(statSync(second.kubeconfigPath).mode & 0o777).toBe(0o600);
    await second.stop();
  });

  it("refuses a folder that another cluster uses", async () => {
    const first = await startDevCluster({ dir, node: false, controllers: false });
    await expect(startDevCluster({ dir, port: 0, node: false, controllers: false })).rejects.toThrow(
      /is it running already|another dev cluster uses this folder/,
    );
    await first.stop();
  });
});
