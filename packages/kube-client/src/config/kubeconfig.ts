import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { ClusterConfig, Material } from "./cluster-config.ts";
import { execPluginOf } from "./exec-section.ts";
import { isRecord, list, record, text, texts } from "./fields.ts";
import { optional } from "./optional.ts";

export interface KubeconfigOptions {
  /** Files to merge, first one wins, as in `KUBECONFIG`; missing ones are skipped if another exists. */
  paths: readonly string[];
  /** Default: `current-context` of the merged files. */
  context?: string | undefined;
}

interface Named {
  name: string;
  /** The folder that relative paths in this entry start from. */
  folder: string;
  body: Record<string, unknown>;
}

interface Merged {
  currentContext: string | undefined;
  clusters: Map<string, Named>;
  users: Map<string, Named>;
  contexts: Map<string, Named>;
}

/**
 * Reads and merges kubeconfig files and resolves one context.
 *
 * The first file that defines a name wins; relative paths are relative to the file that holds them.
 * Source: kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig.
 * @throws Error that names the file, the context, cluster or user that is missing or wrong.
 */
export async function loadKubeconfig(options: KubeconfigOptions): Promise<ClusterConfig> {
  const files = await Promise.all(options.paths.map(readIfPresent));
  const found = files.filter((file) => file !== undefined);
  if (found.length === 0) {
    throw new Error(
      `Cannot load kubeconfig: none of these files exists: ${options.paths.join(", ") || "(none given)"}`,
    );
  }
  return resolveContext(await merge(found), options.context);
}

/** The same from a text, for a kubeconfig that is not a file. Relative paths start at `folder`. */
export async function parseKubeconfig(
  content: string,
  options: { context?: string; folder?: string } = {},
): Promise<ClusterConfig> {
  const path = join(options.folder ?? ".", "kubeconfig");
  return resolveContext(await merge([{ path, content }]), options.context);
}

interface Source {
  path: string;
  content: string;
}

async function readIfPresent(path: string): Promise<Source | undefined> {
  const content = await optional(readFile(path, "utf8"), "ENOENT");
  return content === undefined ? undefined : { path, content };
}

async function merge(sources: readonly Source[]): Promise<Merged> {
  const { parse } = await import("./yaml.ts");
  const merged: Merged = { currentContext: undefined, clusters: new Map(), users: new Map(), contexts: new Map() };
  for (const { path, content } of sources) {
    const file = parsed(path, () => parse(content));
    if (!isRecord(file)) throw new Error(`Cannot load kubeconfig "${path}": it is not a YAML mapping`);
    merged.currentContext ??= text(file, "current-context");
    addNamed(merged.clusters, file, { section: "clusters", field: "cluster", path });
    addNamed(merged.users, file, { section: "users", field: "user", path });
    addNamed(merged.contexts, file, { section: "contexts", field: "context", path });
  }
  return merged;
}

function parsed(path: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot load kubeconfig "${path}": it is no YAML: ${why}`, { cause });
  }
}

function addNamed(
  target: Map<string, Named>,
  file: Record<string, unknown>,
  where: { section: string; field: string; path: string },
): void {
  for (const entry of list(file, where.section)) {
    const name = isRecord(entry) ? text(entry, "name") : undefined;
    if (!isRecord(entry) || !name) {
      throw new Error(`Cannot load kubeconfig "${where.path}": an entry of "${where.section}" has no name`);
    }
    if (!target.has(name)) {
      target.set(name, { name, folder: dirname(resolve(where.path)), body: record(entry, where.field) ?? {} });
    }
  }
}

function resolveContext(merged: Merged, asked: string | undefined): ClusterConfig {
  const name = asked ?? merged.currentContext;
  if (!name)
    throw new Error(`Cannot load kubeconfig: it has no current-context; known contexts: ${names(merged.contexts)}`);
  const context = merged.contexts.get(name)?.body;
  if (!context)
    throw new Error(`Cannot load kubeconfig: context "${name}" does not exist; known: ${names(merged.contexts)}`);
  const cluster = referenced(merged.clusters, { context: name, field: "cluster", name: text(context, "cluster") });
  const userName = text(context, "user");
  const user = userName ? referenced(merged.users, { context: name, field: "user", name: userName }) : undefined;
  const namespace = text(context, "namespace") || "default";
  return { namespace, ...clusterPart(cluster), ...(user && userPart(user)) };
}

function referenced(
  map: Map<string, Named>,
  reference: { context: string; field: string; name: string | undefined },
): Named {
  const { context, field, name } = reference;
  const found = name ? map.get(name) : undefined;
  if (found) return found;
  throw new Error(
    `Cannot load kubeconfig: context "${context}" names ${field} "${name ?? ""}", which does not exist; known: ${names(map)}`,
  );
}

function names(map: Map<string, Named>): string {
  return [...map.keys()].map((name) => `"${name}"`).join(", ") || "none";
}

function clusterPart({ name, folder, body }: Named): Omit<ClusterConfig, "namespace"> {
  const server = text(body, "server");
  if (!server || !URL.canParse(server)) {
    throw new Error(`Cannot load kubeconfig: cluster "${name}" has server "${server ?? ""}", which is not a URL`);
  }
  const ca = material(body, "certificate-authority", folder);
  const tlsServerName = text(body, "tls-server-name");
  const proxyUrl = text(body, "proxy-url");
  return {
    server,
    ...(ca && { ca }),
    ...(tlsServerName && { tlsServerName }),
    ...(proxyUrl && { proxyUrl }),
    ...(body["insecure-skip-tls-verify"] === true && { insecureSkipTlsVerify: true }),
  };
}

function userPart({ name, folder, body }: Named): Partial<ClusterConfig> {
  const cert = material(body, "client-certificate", folder);
  const key = material(body, "client-key", folder);
  if ((cert === undefined) !== (key === undefined)) {
    throw new Error(`Cannot load kubeconfig: user "${name}" needs both client-certificate and client-key, and has one`);
  }
  if (body["auth-provider"]) {
    throw new Error(`Cannot load kubeconfig: user "${name}" uses auth-provider, which Kubernetes removed; use exec`);
  }
  const exec = record(body, "exec");
  const tokenFile = text(body, "tokenFile");
  const token = text(body, "token");
  const username = text(body, "username");
  return {
    ...(cert && key && { cert, key }),
    // A tokenFile wins over a token, as in client-go: it is the one that rotates.
    ...(tokenFile ? { token: { file: at(folder, tokenFile) } } : token && { token: { data: token } }),
    ...(username && { username, password: text(body, "password") ?? "" }),
    ...(exec && { exec: execPluginOf(exec, { user: name, folder }) }),
    ...impersonation(body),
  };
}

function impersonation(body: Record<string, unknown>): Pick<ClusterConfig, "impersonate"> {
  const user = text(body, "as");
  if (!user) return {};
  const uid = text(body, "as-uid");
  const extra = record(body, "as-user-extra");
  return {
    impersonate: {
      user,
      ...(uid && { uid }),
      groups: texts(body, "as-groups"),
      ...(extra && { extra: Object.fromEntries(Object.keys(extra).map((key) => [key, texts(extra, key)])) }),
    },
  };
}

/** `<field>-data` (base64) wins over `<field>` (a file), as in client-go. */
function material(body: Record<string, unknown>, field: string, folder: string): Material | undefined {
  const data = text(body, `${field}-data`);
  if (data) return { data: Buffer.from(data, "base64").toString("utf8") };
  const file = text(body, field);
  return file ? { file: at(folder, file) } : undefined;
}

function at(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
