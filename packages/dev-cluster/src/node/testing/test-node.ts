import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Container, ContainerStatus, PodSpec } from "@moorage/kube-types/core-v1";
import { Pod } from "@moorage/kube-types/core-v1";
import { startTestCluster, type TestCluster } from "../../controllers/testing/test-cluster.ts";
import { type NodeAgent, startNode } from "../start-node.ts";

/** A cluster with a node that runs processes, in a folder of its own. */
export interface TestNode extends TestCluster {
  dir: string;
  node: NodeAgent;
  /** Creates a pod with one container that runs `code` in Node.js. */
  run(name: string, code: string, options?: { container?: Partial<Container>; spec?: Partial<PodSpec> }): Pod;
  pod(name: string): Pod | undefined;
  /** The status of the pod's first container. */
  container(name: string): ContainerStatus | undefined;
  /** All lines of the container's log. */
  logs(name: string, options?: { previous?: boolean }): Promise<string>;
  /** Stops the node, and starts another one on the same folder and the same cluster. */
  restartNode(): Promise<void>;
  end(): Promise<void>;
}

const key = (name: string) => ({ namespace: "default", name });
/** Test files run side by side: each takes a range of addresses of its own. */
const ranges = { first: 100, count: 100 };

export async function startTestNode(): Promise<TestNode> {
  const cluster = startTestCluster();
  const dir = mkdtempSync(join(tmpdir(), "moorage-node-"));
  const podRange = `127.${ranges.first + (process.pid % ranges.count)}.0.0/16` as const;
  const start = () =>
    startNode(cluster.api, {
      stateDir: join(dir, "state"),
      cacheDir: join(dir, "cache"),
      environment: { PATH: "/usr/local/bin:/usr/bin:/bin" },
      images: { "test/runner": { runner: true }, "test/moorage": { programs: {} } },
      podRange,
      logError: (message, error) => cluster.errors.push(new Error(message, { cause: error })),
    });
  let node = await start();
  const { api } = cluster;
  return {
    ...cluster,
    dir,
    get node() {
      return node;
    },
    run(name, code, { container = {}, spec = {} } = {}) {
      const main: Container = {
        name: "main",
        image: "test/runner:1",
        command: [process.execPath, "-e", code],
        ...container,
      };
      return api.create(Pod, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "default", labels: { app: name } },
        spec: { containers: [main], ...spec },
      });
    },
    pod: (name) => api.get(Pod, key(name)),
    container: (name) => api.get(Pod, key(name))?.status?.containerStatuses?.[0],
    async logs(name, { previous = false } = {}) {
      const options = { container: "main", follow: false, previous, timestamps: false };
      let text = "";
      for await (const chunk of node.handlers.logs(key(name), options, new AbortController().signal))
        text += Buffer.from(chunk);
      return text;
    },
    async restartNode() {
      await node.stop();
      node = await start();
    },
    async end() {
      await node.stop();
      cluster.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Keeps a program alive. */
export const stayAlive = "setInterval(() => {}, 1000);";
