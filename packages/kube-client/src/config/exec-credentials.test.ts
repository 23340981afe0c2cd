import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ExecPlugin } from "./cluster-config.ts";
import { ExecCredentials } from "./exec-credentials.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "moorage-exec-"));
});
afterEach(() => rm(folder, { recursive: true }));

const apiVersion = "client.authentication.k8s.io/v1";

/** A plugin that notes each run and prints `status`. */
async function plugin(status: unknown, extra: Partial<ExecPlugin> = {}): Promise<ExecPlugin> {
  const file = join(folder, "plugin.cjs");
  const printed = JSON.stringify({ kind: "ExecCredential", apiVersion, status });
  await writeFile(
    file,
    `require("fs").appendFileSync(${JSON.stringify(join(folder, "runs"))}, process.env.KUBERNETES_EXEC_INFO + "\\n");
     setTimeout(() => console.log(${JSON.stringify(printed)}), 50);`,
  );
  return { apiVersion, command: process.execPath, args: [file], env: {}, provideClusterInfo: true, ...extra };
}

const runs = async () => (await readFile(join(folder, "runs"), "utf8")).trim().split("\n");
const cluster = { server: "https://api", namespace: "default", ca: { data: "CA" } };

describe("ExecCredentials", () => {
  it("runs the plugin once for twenty who ask at the same time, and tells it the cluster", async () => {
    const credentials = new ExecCredentials(cluster, await plugin({ token: "t" }));
    const all = await Promise.all(Array.from({ length: 20 }, () => credentials.get()));
    expect(new Set(all.map(({ token }) => token))).toEqual(new Set(["t"]));
    await credentials.get();
    const [info, ...others] = await runs();
    expect(others).toEqual([]);
    expect(JSON.parse(info ?? "")).toMatchObject({
      apiVersion,
      spec: { interactive: false, cluster: { server: "https://api", "certificate-authority-data": "Q0E=" } },
    });
  });

  it("renews what expires within 30 s, and what the server refused", async () => {
    const soon = new Date(Date.now() + 20_000).toISOString();
    const expiring = new ExecCredentials(cluster, await plugin({ token: "t", expirationTimestamp: soon }));
    await expiring.get();
    await expiring.get();
    expect(await runs()).toHaveLength(2);
    const refused = new ExecCredentials(cluster, await plugin({ token: "t" }));
    await refused.get();
    refused.invalidate();
    await refused.get();
    expect(await runs()).toHaveLength(4);
  });

  it.each([
    ["prints nothing of use", {}, "neither status.token"],
    ["prints a bad date", { token: "t", expirationTimestamp: "soon" }, '"soon"'],
  ])("says so when the plugin %s", async (_what, status, said) => {
    await expect(new ExecCredentials(cluster, await plugin(status)).get()).rejects.toThrow(said);
  });

  it("shows the install hint when the command does not exist", async () => {
    const missing = await plugin({}, { command: join(folder, "no-such"), installHint: "Install it with care" });
    await expect(new ExecCredentials(cluster, missing).get()).rejects.toThrow("Install it with care");
  });
});
