import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import type { KubeObject } from "@moorage/kube-types";
import { Namespace } from "@moorage/kube-types/core-v1";
import { parseAllDocuments, stringify } from "yaml";
import { startRealCluster } from "../../packages/conformance/src/testing/real-cluster.ts";
import { binary } from "../clients/servers.ts";
import { AuditTrail, auditPolicy } from "./audit-trail.ts";

const root = join(import.meta.dirname, "../..");
const operator = "moorage-operator";
const run = promisify(execFile);

/** A rule of a Role or ClusterRole. */
interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

export interface InstallationOptions {
  /** What to apply with kubectl, besides the kinds: a file, or a folder for Kustomize. */
  manifest: { file: string } | { folder: string };
  /** Where the operator is, and where the objects are that it works on; both are created. */
  namespaces: { operator: string; objects: string };
}

/** An operator's ServiceAccount, roles and kinds on a kube-apiserver of its own, which keeps an audit log. */
export class Installation {
  /** As cluster-admin. */
  readonly client: Client;
  readonly #dir: string;
  readonly #namespace: string;
  readonly #admin: string;
  readonly #down: () => void;

  private constructor(parts: { client: Client; dir: string; namespace: string; admin: string; down: () => void }) {
    this.client = parts.client;
    this.#dir = parts.dir;
    this.#namespace = parts.namespace;
    this.#admin = parts.admin;
    this.#down = parts.down;
  }

  static async start({ manifest, namespaces }: InstallationOptions): Promise<Installation> {
    const dir = await mkdtemp(join(tmpdir(), "moorage-rights-"));
    const policy = join(dir, "audit-policy.json");
    await writeFile(policy, JSON.stringify(auditPolicy));
    const { kubeconfig, stop } = await startRealCluster([
      `--audit-policy-file=${policy}`,
      `--audit-log-path=${join(dir, "audit.log")}`,
      // So strict a server accepts a child's blockOwnerDeletion only from who may finalize the owner.
      "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
    ]);
    const client = new Client({ cluster: await loadKubeconfig({ paths: [kubeconfig] }), userAgent: "e2e" });
    const installation = new Installation({
      client,
      dir,
      namespace: namespaces.operator,
      admin: kubeconfig,
      down: stop,
    });
    await installation.kubectl(
      "apply",
      "--server-side",
      "-f",
      join(root, "deploy/crds"),
      "-f",
      join(import.meta.dirname, "http-routes.yaml"),
    );
    await installation.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s");
    for (const name of new Set(Object.values(namespaces))) {
      await client.apply(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: {} });
    }
    await installation.kubectl(
      "apply",
      "--server-side",
      ...("file" in manifest ? ["-f", join(root, manifest.file)] : ["-k", join(root, manifest.folder)]),
    );
    return installation;
  }

  async kubectl(...args: string[]): Promise<string> {
    const { stdout } = await run(binary("kubectl"), ["--kubeconfig", this.#admin, ...args], { cwd: root });
    return stdout;
  }

  /** A kubeconfig with a token of a ServiceAccount, and nothing else. */
  async kubeconfigOf(serviceAccount: string, namespace: string): Promise<string> {
    const token = (await this.kubectl("create", "token", serviceAccount, "-n", namespace)).trim();
    const config = JSON.parse(await this.kubectl("config", "view", "--raw", "-o", "json"));
    config.users = config.users.map(({ name }: { name: string }) => ({ name, user: { token } }));
    const path = join(this.#dir, `${namespace}-${serviceAccount}.kubeconfig`);
    await writeFile(path, stringify(config));
    return path;
  }

  operatorKubeconfig(): Promise<string> {
    return this.kubeconfigOf(operator, this.#namespace);
  }

  trail(): Promise<AuditTrail> {
    return AuditTrail.of(`system:serviceaccount:${this.#namespace}:${operator}`, join(this.#dir, "audit.log"));
  }

  async stop(): Promise<void> {
    await this.client.close();
    this.#down();
    await rm(this.#dir, { recursive: true });
  }
}

/** Every right in the roles of a manifest, as `verb group/resource`. */
export async function grantedIn(file: string): Promise<string[]> {
  const text = await readFile(join(root, file), "utf8");
  const objects = parseAllDocuments(text).map((document): KubeObject & { rules?: Rule[] } => document.toJS());
  const rules = objects.flatMap(({ kind, rules = [] }) => (kind.endsWith("Role") ? rules : []));
  const rights = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
  );
  return [...new Set(rights)];
}
