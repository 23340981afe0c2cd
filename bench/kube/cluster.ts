/** A real kube-apiserver with an audit log, for a benchmark. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import { parse } from "yaml";
import { AuditLog } from "./audit-log.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const auditPolicy = JSON.stringify({
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata" }],
});

/** The file of one of our kinds, by the name of its definition. */
export const ourCrd = (name: string): string => join(root, `deploy/crds/${name}.yaml`);

export interface BenchCluster {
  kubeconfig: string;
  client: Client;
  audit: AuditLog;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  port: number;
  /** Files with CustomResourceDefinitions. */
  crds: readonly string[];
  /** `false` ends the controller manager: children stay as the operator makes them. */
  builtInControllers: boolean;
}

/** Starts a control plane without a node, with the kinds asked for. */
export async function startCluster(options: ClusterOptions): Promise<BenchCluster> {
  const dir = await mkdtemp(join(tmpdir(), "moorage-bench-operator-"));
  const policy = join(dir, "audit-policy.json");
  const log = join(dir, "audit.log");
  await writeFile(policy, auditPolicy);
  const flags = `--audit-policy-file=${policy} --audit-log-path=${log}`;
  const down = async () => {
    if (existsSync(dir)) await run("bash", ["tools/kube/down.sh", dir], { cwd: root });
  };
  try {
    return await prepare({ ...options, dir, flags, log, down });
  } catch (error) {
    // What has started by then must not stay.
    await down();
    throw error;
  }
}

interface Preparation extends ClusterOptions {
  dir: string;
  /** Of kube-apiserver. */
  flags: string;
  /** The audit log's path. */
  log: string;
  down(): Promise<void>;
}

async function prepare({ dir, flags, log, down, ...options }: Preparation): Promise<BenchCluster> {
  const up = ["tools/kube/up.sh", "--dir", dir, "--port", String(options.port)];
  await run("bash", up, { cwd: root, env: { ...process.env, KUBE_APISERVER_FLAGS: flags } });
  if (!options.builtInControllers) {
    process.kill(Number(await readFile(join(dir, "pids/kube-controller-manager"), "utf8")), "SIGTERM");
  }
  const kubeconfig = join(dir, "kubeconfig");
  const client = new Client({ cluster: await loadKubeconfig({ paths: [kubeconfig] }), userAgent: "bench-user" });
  for (const file of options.crds) await installKind(client, file);
  return {
    kubeconfig,
    client,
    audit: new AuditLog(log),
    async stop() {
      await client.close();
      await down();
    },
  };
}

async function installKind(client: Client, file: string): Promise<void> {
  const crd: CustomResourceDefinition = parse(await readFile(file, "utf8"));
  await client.apply(CustomResourceDefinition, crd);
  const established = async () => {
    const { status } = await client.get(CustomResourceDefinition, crd.metadata);
    return status?.conditions?.some(({ type, status }) => type === "Established" && status === "True");
  };
  while (!(await established())) await new Promise((resolve) => setTimeout(resolve, 100));
}
