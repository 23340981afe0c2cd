import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Service } from "@moorage/kube-types/core-v1";
import { StacklokMCPServer } from "@moorage/resources";
import { bundle, programs } from "../kube/bundle.ts";
import { ourCrd } from "../kube/cluster.ts";
import { operatorEnvironment, type Program } from "../kube/operator-process.ts";

/** An MCPServer of either operator, as far as this benchmark reads it. */
export type AnyMCPServer = KubeObject & { spec: unknown; status?: { observedGeneration?: number; url?: string } };

/** An operator for MCPServers. */
export interface Contender {
  name: "moorage" | "toolhive";
  /** Files with the kinds that it needs. */
  crds: readonly string[];
  program: Program;
  type: ResourceType<AnyMCPServer>;
  /** A server over stdio, as its users write it. */
  spec: { image: string; transport: "stdio" };
  /** Whether the status tells that all children exist. */
  isMade(server: AnyMCPServer): boolean;
  /** Workloads of a server; the cluster's controllers make a pod for each. */
  workloads: readonly ResourceType<Workload>[];
  /** Names of a server's children, by their kinds. */
  children: readonly [ResourceType, (server: string) => string[]][];
}

export type Workload = KubeObject & { status?: { replicas?: number } };

const { group, version, kind, plural, namespaced } = StacklokMCPServer;

/** As `deploy/install.yaml` runs it. Builds it first. */
export async function moorage(): Promise<Contender> {
  const operator = await bundle(join(import.meta.dirname, "../../apps/operator/src/main.ts"), "operator");
  return {
    name: "moorage",
    crds: [
      "mcpservers.mcp.mcp.dev",
      "mcpservers.mcp.stacklok.com",
      "toolconfigs.mcp.stacklok.com",
      "webapps.example.com",
    ].map(ourCrd),
    program: {
      userAgent: "moorage",
      command: (kubeconfig, port) => ({
        program: "env",
        args: [
          ...operatorEnvironment,
          process.execPath,
          operator,
          `--kubeconfig=${kubeconfig}`,
          `--metrics-bind-address=127.0.0.1:${port}`,
          "--health-probe-bind-address=127.0.0.1:0",
        ],
      }),
    },
    // Without our defaults: filling them in is the server's part.
    type: { group, version, kind, plural, namespaced },
    spec: { image: "npx://@modelcontextprotocol/server-everything@2026.8.31", transport: "stdio" },
    isMade: ({ status }) => status?.observedGeneration !== undefined,
    workloads: [Deployment, StatefulSet],
    children: [
      [Deployment, (name) => [name]],
      [StatefulSet, (name) => [name]],
      [Service, (name) => [name, `${name}-headless`]],
      [ConfigMap, (name) => [`${name}-runconfig`]],
    ],
  };
}

const toolHiveModule = "github.com/stacklok/toolhive";
export const toolHiveVersion = "0.44.0";

/** As its Helm chart runs it, but for leader election and the check for updates. Builds it the first time (5 min, Go). */
export async function toolHive(): Promise<Contender> {
  const bin = join(programs, `toolhive-${toolHiveVersion}`);
  const source = `${toolHiveModule}@v${toolHiveVersion}`;
  const run = promisify(execFile);
  const { stdout } = await run("go", ["mod", "download", "-json", source]);
  const { Dir: folder }: { Dir: string } = JSON.parse(stdout);
  if (!existsSync(join(bin, "thv-operator"))) {
    const main = `${toolHiveModule}/cmd/thv-operator@v${toolHiveVersion}`;
    await run("go", ["install", main], { env: { ...process.env, GOBIN: bin } });
  }
  const crds = join(folder, "deploy/charts/operator-crds/files/crds");
  return {
    name: "toolhive",
    crds: (await readdir(crds)).map((file) => join(crds, file)),
    program: {
      userAgent: "thv-operator",
      command: (kubeconfig, port) => ({
        program: "env",
        args: [
          ...["GOMEMLIMIT=110MiB", "GOGC=75", "POD_NAMESPACE=default", "UNSTRUCTURED_LOGS=false"],
          ...["TOOLHIVE_USE_CONFIGMAP=true", "TOOLHIVE_SKIP_UPDATE_CHECK=true"],
          `TOOLHIVE_RUNNER_IMAGE=ghcr.io/stacklok/toolhive/proxyrunner:v${toolHiveVersion}`,
          join(bin, "thv-operator"),
          `-kubeconfig=${kubeconfig}`,
          `-metrics-bind-address=127.0.0.1:${port}`,
          "-health-probe-bind-address=127.0.0.1:0",
        ],
      }),
    },
    type: { group: "toolhive.stacklok.dev", version: "v1beta1", kind, plural, namespaced },
    spec: { image: "ghcr.io/stackloklabs/yardstick/yardstick-server:1.1.1", transport: "stdio" },
    // Written after the Service, which is the last.
    isMade: ({ status }) => status?.url !== undefined,
    // The server's own StatefulSet is made by the proxy, which does not run here.
    workloads: [Deployment],
    children: [
      [Deployment, (name) => [name]],
      [Service, (name) => [`mcp-${name}-proxy`]],
      [ConfigMap, (name) => [`${name}-runconfig`]],
    ],
  };
}
