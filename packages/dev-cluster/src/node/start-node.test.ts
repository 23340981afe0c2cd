import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Lease } from "@moorage/kube-types/coordination-v1";
import { Node, Service } from "@moorage/kube-types/core-v1";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PodExecOptions, PodExecStreams } from "../cluster-api.ts";
import { findMarked } from "./process/running-processes.ts";
import { startTestNode, stayAlive, type TestNode } from "./testing/test-node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await startTestNode();
});
afterAll(async () => {
  await node.end();
  expect(node.errors).toEqual([]);
});

const key = (name: string) => ({ namespace: "default", name });
const isReady = (name: string) => node.container(name)?.ready === true;
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);
const serving = (text: string, port = 8080) =>
  `require("node:http").createServer((q, s) => s.end(${JSON.stringify(text)})).listen(${port});`;
const fetchText = (url: string) =>
  fetch(url).then(
    (response) => response.text(),
    () => "",
  );

describe("startNode()", () => {
  it("registers a node that is ready and renews its Lease", () => {
    const status = node.api.get(Node, { name: "moorage" })?.status;
    expect(status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("True");
    expect(status?.addresses).toContainEqual({ type: "InternalIP", address: "127.0.0.1" });
    expect(node.api.get(Lease, { namespace: "kube-node-lease", name: "moorage" })?.spec.holderIdentity).toBe("moorage");
  });

  it("lets pods listen on the same port, each on its own address", async () => {
    node.run("one", serving("one"));
    node.run("two", serving("two"));
    await node.until(() => isReady("one") && isReady("two"));
    const url = (name: string) => `http://${node.pod(name)?.status?.podIP}:8080/`;
    await expect.poll(() => fetchText(url("one"))).toBe("one");
    await expect.poll(() => fetchText(url("two"))).toBe("two");
  });

  it("leads names of Services and localhost to pods, and leaves other programs of the machine reachable", async () => {
    const outside = createServer((_request, response) => response.end("outside"));
    await new Promise<void>((resolve) => outside.listen(0, "127.0.0.1", resolve));
    const address = outside.address();
    const outsidePort = typeof address === "object" && address ? address.port : 0;
    node.run("target", serving("target"), { container: { ports: [{ containerPort: 8080 }] } });
    node.api.create(Service, {
      apiVersion: "v1",
      kind: "Service",
      metadata: key("svc"),
      spec: { selector: { app: "target" }, ports: [{ port: 7070, targetPort: 8080 }] },
    });
    node.api.create(Service, {
      apiVersion: "v1",
      kind: "Service",
      metadata: key("headless"),
      spec: { clusterIP: "None", selector: { app: "target" }, ports: [{ port: 8080 }] },
    });
    await node.until(() => isReady("target"));
    const urls = [
      "http://svc:7070",
      "http://svc.default:7070",
      "http://svc.default.svc:7070",
      "http://svc.default.svc.cluster.local:7070",
      "http://headless:8080",
      "http://localhost:9090",
      `http://127.0.0.1:${outsidePort}`,
    ];
    const code = `require("node:http").createServer((q, s) => s.end("self")).listen(9090, "127.0.0.1", async () => {
      for (const url of ${JSON.stringify(urls)}) for (let i = 0; ; i++) {
        const text = await fetch(url).then((r) => r.text(), (e) => e.cause?.code ?? String(e));
        if (i < 50 && /^E/.test(text)) { await new Promise((r) => setTimeout(r, 100)); continue; }
        console.log(url + " " + text); break;
      }
      process.exit(0);
    });`;
    node.run("client", code, { spec: { restartPolicy: "Never" } });
    await node.until(() => node.pod("client")?.status?.phase === "Succeeded");
    outside.close();
    const expected = [...Array(5).fill("target"), "self", "outside"];
    expect((await node.logs("client")).trim().split("\n")).toEqual(
      urls.map((url, index) => `${url} ${expected[index]}`),
    );
  });

  it("runs commands in a pod, with its environment, its input and their exit code", async () => {
    node.run("shell", stayAlive, { container: { env: [{ name: "WHO", value: "pod" }] } });
    await node.until(() => isReady("shell"));
    const { output, exitCode } = await exec(
      "shell",
      ["/bin/sh", "-c", "read line; echo $WHO got $line; echo bad >&2; exit 7"],
      "hello\n",
    );
    expect(exitCode).toBe(7);
    expect(output).toEqual({ stdout: "pod got hello\n", stderr: "bad\n" });
  });

  it("says that a command does not exist", async () => {
    const { output, exitCode } = await exec("shell", ["/no/such"], "");
    expect(exitCode).toBe(127);
    expect(output.stderr).toContain('Cannot start "/no/such"');
  });

  it("follows a log without losing or doubling a line, until the container ends", async () => {
    node.run(
      "talks",
      `let n = 0; const t = setInterval(() => { console.log("line " + n++); if (n === 300) { clearInterval(t); } }, 1);`,
      { spec: { restartPolicy: "Never" } },
    );
    await expect.poll(() => node.logs("talks").catch(() => ""), { timeout: 5000 }).toContain("line 20");
    const options = { container: "main", follow: true, previous: false, timestamps: false };
    let text = "";
    for await (const chunk of node.node.handlers.logs(key("talks"), options, new AbortController().signal))
      text += Buffer.from(chunk);
    expect(text.trim().split("\n")).toEqual(Array.from({ length: 300 }, (_, line) => `line ${line}`));
  });

  it("serves parts of a log", async () => {
    const read = async (options: object) => {
      let text = "";
      const all = { container: "main", follow: false, previous: false, timestamps: false, ...options };
      for await (const chunk of node.node.handlers.logs(key("talks"), all, new AbortController().signal))
        text += Buffer.from(chunk);
      return text;
    };
    expect(await read({ tailLines: 2 })).toBe("line 298\nline 299\n");
    expect(await read({ limitBytes: 9 })).toBe("line 0\nli");
    expect(await read({ tailLines: 1, timestamps: true })).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+\.\d{9}Z line 299\n$/);
    expect(await read({ sinceTime: "2100-01-01T00:00:00Z" })).toBe("");
    await expect(read({ previous: true })).rejects.toThrow(
      'previous terminated container "main" in pod "talks" not found',
    );
  });

  it("starts pods again after a restart, and counts it", async () => {
    await node.until(() => isReady("one"));
    const before = node.container("one");
    await node.restartNode();
    await node.until(() => node.container("one")?.restartCount === 1 && isReady("one"));
    expect(node.container("one")?.lastState?.terminated).toMatchObject({
      exitCode: 255,
      reason: "Unknown",
      containerID: before?.containerID,
    });
  });
});

describe("a node that is killed", () => {
  const host = fileURLToPath(new URL("./testing/node-process.ts", import.meta.url));

  it("leaves no process, and the next one runs the pods again", async () => {
    const dir = mkdtempSync(join(tmpdir(), "moorage-killed-"));
    const first = await startHost(dir);
    expect(first.pids.length).toBe(2);
    expect(first.pids.every(isAlive)).toBe(true);
    first.child.kill("SIGKILL");
    await expect.poll(() => first.pids.some(isAlive), { timeout: 5000 }).toBe(false);
    const second = await startHost(dir);
    expect(second.pids.every(isAlive)).toBe(true);
    second.child.kill("SIGTERM");
    // It ignores SIGTERM: the node waits five seconds before it kills.
    await expect.poll(() => second.pids.some(isAlive), { timeout: 10_000 }).toBe(false);
    expect(findMarked((mark) => mark.includes("stubborn_default"))).toEqual([]);
    rmSync(dir, { recursive: true, force: true });
  });

  /** Starts a node in a process of its own, with a pod that ignores SIGTERM and has a child that left its group. */
  async function startHost(dir: string): Promise<{ child: ChildProcess; pids: number[] }> {
    const child = spawn(process.execPath, [host, dir], { stdio: ["ignore", "pipe", "inherit"] });
    const pids = await new Promise<number[]>((resolve) => {
      let text = "";
      child.stdout.on("data", (chunk) => {
        text += chunk;
        const match = /pids (\d+) (\d+)/.exec(text);
        if (match) resolve([Number(match[1]), Number(match[2])]);
      });
    });
    return { child, pids };
  }
});

async function exec(name: string, command: string[], input: string) {
  const output = { stdout: "", stderr: "" };
  const options: PodExecOptions = { container: "main", command, stdin: true, stdout: true, stderr: true, tty: false };
  const streams: PodExecStreams = {
    stdin: (async function* () {
      yield Buffer.from(input);
    })(),
    stdout: (chunk) => {
      output.stdout += Buffer.from(chunk);
    },
    stderr: (chunk) => {
      output.stderr += Buffer.from(chunk);
    },
    onResize: () => {},
    signal: new AbortController().signal,
  };
  const { exitCode } = await node.node.handlers.exec(key(name), options, streams);
  return { output, exitCode };
}
