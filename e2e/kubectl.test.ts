import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DevUnderTest } from "./dev-cluster.ts";
import { eventually } from "./eventually.ts";

const run = promisify(execFile);
const kubectlPath = join(process.env["KUBE_HOME"] ?? join(homedir(), ".cache/kube"), "bin/kubectl");
const samples = join(import.meta.dirname, "samples");
const hasKubectl = existsSync(kubectlPath);
if (!hasKubectl) console.error(`######## NOT TESTED: kubectl (build it with tools/kube/build.sh) ########`);

let dev: DevUnderTest;

/** What kubectl prints, on both outputs. */
async function kubectl(...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(kubectlPath, ["--kubeconfig", dev.kubeconfig, ...args]).catch(
    (error: unknown) => {
      if (error instanceof Error && "stdout" in error && "stderr" in error)
        return { stdout: error.stdout, stderr: error.stderr };
      throw error;
    },
  );
  return `${stdout}${stderr}`;
}

describe.skipIf(!hasKubectl)("kubectl 1.36 on the dev cluster", () => {
  beforeAll(async () => {
    dev = await DevUnderTest.start();
  }, 60_000);
  afterAll(() => dev.stop());

  it("applies every whole sample of the documents under strict validation", async () => {
    const whole = (await readdir(samples)).filter((file) => !file.includes("fragment"));
    for (const file of whole) {
      expect(await kubectl("apply", "--validate=strict", "-f", join(samples, file))).toMatch(/ created$/m);
    }
    expect(
      await kubectl("apply", "--validate=strict", "-f", join(samples, "S2-mcpserver-weather-server.yaml")),
    ).toContain("unchanged");
  });

  it("patches with every fragment of the documents", async () => {
    for (const file of (await readdir(samples)).filter((name) => name.includes("fragment"))) {
      const patched = await kubectl(
        "patch",
        "mcpservers.mcp.stacklok.com",
        "weather-server",
        "--type",
        "merge",
        "--patch-file",
        join(samples, file),
      );
      expect(patched).toMatch(/patched/);
    }
  });

  it("means mcp.mcp.dev by mcpserver, and both groups by the category", async () => {
    expect(await kubectl("get", "mcpserver")).toMatch(/NAME +PHASE +READY +REASON.*\nexample-server/);
    const category = await kubectl("get", "mcp");
    expect(category).toContain("mcpserver.mcp.mcp.dev/example-server");
    expect(category).toContain("mcpserver.mcp.stacklok.com/weather-server");
  });

  it("waits, describes, scales, edits, reads logs, and deletes a server that runs", { timeout: 90_000 }, async () => {
    const file = join(import.meta.dirname, "../examples/everything.yaml");
    expect(await kubectl("apply", "-f", file)).toContain("created");
    expect(await kubectl("wait", "--for=condition=Ready", "smcp/everything", "--timeout=60s")).toContain(
      "condition met",
    );
    expect(await kubectl("describe", "smcp", "everything")).toMatch(/Reason: +HandshakeSucceeded/);
    expect(await kubectl("get", "deploy,sts,svc,cm,pods")).toMatch(/deployment.apps\/everything +1\/1/);
    expect(await kubectl("scale", "smcp/everything", "--replicas=2")).toContain("scaled");
    expect(
      await kubectl("wait", "--for=jsonpath={.status.availableReplicas}=2", "smcp/everything", "--timeout=30s"),
    ).toContain("condition met");
    expect(await kubectl("rollout", "status", "sts/everything", "--timeout=30s")).toMatch(/2 pods|complete/);
    expect(await kubectl("logs", "everything-0", "-c", "mcp")).toContain("Starting default (STDIO) server");
    expect(await kubectl("exec", "everything-0", "-c", "mcp", "--", "node", "--version")).toMatch(/^v2\d/);
    expect(await kubectl("label", "smcp", "everything", "team=sky")).toContain("labeled");
    expect(await kubectl("delete", "smcp", "everything")).toContain("deleted");
    await eventually("every child is gone", 30_000, async () => {
      const left = await kubectl("get", "all,cm", "-l", "app.kubernetes.io/instance=everything", "-o", "name");
      return left.trim() === "" || left.includes("No resources") ? true : undefined;
    });
  });

  it("sees changes with get -w", async () => {
    const watching = spawn(kubectlPath, ["--kubeconfig", dev.kubeconfig, "get", "tc", "-w"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let seen = "";
    watching.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
    });
    await eventually("what is there is printed", 10_000, async () =>
      seen.includes("filtered-tools") ? true : undefined,
    );
    const manifest = JSON.stringify({
      apiVersion: "mcp.stacklok.com/v1alpha1",
      kind: "ToolConfig",
      metadata: { name: "added-later" },
      spec: {},
    });
    const applied = run("bash", [
      "-c",
      `echo '${manifest}' | ${kubectlPath} --kubeconfig ${dev.kubeconfig} apply -f -`,
    ]);
    await applied;
    await eventually("what is added is printed", 10_000, async () => (seen.includes("added-later") ? true : undefined));
    watching.kill();
  });

  it.each([
    ["an unknown field", '{"spec":{"bogus":1}}', 'unknown field "spec.bogus"'],
    [
      "a wrong transport",
      '{"spec":{"transport":"websocket"}}',
      'spec.transport: Unsupported value: "websocket": supported values: "stdio", "sse", "streamable-http"',
    ],
    ["a port out of range", '{"spec":{"port":70000}}', "spec.port: Invalid value: 70000"],
  ])("tells of %s as a cluster does", async (_, patch, message) => {
    expect(await kubectl("patch", "smcp", "weather-server", "--type", "merge", "-p", patch)).toContain(message);
  });
});
