import { join } from "node:path";
import { Pod } from "@moorage/kube-types/core-v1";
import { startTestCluster } from "../../controllers/testing/test-cluster.ts";
import { startNode } from "../start-node.ts";

/**
 * A node in a process of its own, to be killed: `node-process.ts DIR`. It runs one pod, which ignores SIGTERM and
 * starts a process that leaves its group, and prints `pids POD CHILD` once both are there.
 */
const dir = process.argv[2] ?? "";
const cluster = startTestCluster();
const node = await startNode(cluster.api, {
  stateDir: join(dir, "state"),
  cacheDir: join(dir, "cache"),
  environment: {},
  images: { "test/runner": { runner: true } },
  podRange: "127.99.0.0/16",
  logError: (message, error) => process.stderr.write(`${message}: ${error}\n`),
});
const code = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);
  const child = require("node:child_process").spawn("/bin/sleep", ["300"], { detached: true, stdio: "ignore" });
  console.log("pids " + process.pid + " " + child.pid);`;
cluster.api.create(Pod, {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "stubborn", namespace: "default" },
  spec: { containers: [{ name: "main", image: "test/runner", command: [process.execPath, "-e", code] }] },
});
const key = { namespace: "default", name: "stubborn" };
await cluster.until(() => cluster.api.get(Pod, key)?.status?.phase === "Running");
const options = { container: "main", follow: true, previous: false, timestamps: false };
process.once("SIGTERM", async () => {
  await node.stop();
  process.exit(0);
});
for await (const chunk of node.handlers.logs(key, options, new AbortController().signal)) process.stdout.write(chunk);
