import { execFile } from "node:child_process";
import { parseJson } from "../parse-json.ts";
import type { ClusterConfig, ExecPlugin } from "./cluster-config.ts";
import { isRecord, record, text } from "./fields.ts";

/** What an exec plugin printed. */
export interface ExecCredential {
  token?: string;
  cert?: string;
  key?: string;
  /** Milliseconds since the epoch; absent when the credential does not expire. */
  expiresAt?: number;
}

/** A credential is renewed so long before it expires that no request carries one that expires on its way. */
const expirySkewMs = 30_000;
const execTimeoutMs = 60_000;
const maxOutputBytes = 1024 * 1024;

/**
 * Credentials from an exec plugin.
 *
 * *Guarantees*: one run of the program at a time, shared by all who wait; none while the last result is valid;
 * renewed 30 s before it expires and after `invalidate()`.
 * Source: kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.
 */
export class ExecCredentials {
  readonly #config: ClusterConfig;
  readonly #plugin: ExecPlugin;
  #current: ExecCredential | undefined;
  #running: Promise<ExecCredential> | undefined;

  constructor(config: ClusterConfig, plugin: ExecPlugin) {
    this.#config = config;
    this.#plugin = plugin;
  }

  async get(): Promise<ExecCredential> {
    if (this.#current && (this.#current.expiresAt ?? Number.POSITIVE_INFINITY) - expirySkewMs > Date.now()) {
      return this.#current;
    }
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** The server refused the credential: the next `get()` runs the program again. */
  invalidate(): void {
    this.#current = undefined;
  }

  async #run(): Promise<ExecCredential> {
    const output = await runPlugin(this.#plugin, execInfo(this.#config, this.#plugin));
    this.#current = parseCredential(this.#plugin, output);
    return this.#current;
  }
}

/** The content of `KUBERNETES_EXEC_INFO`. */
function execInfo(config: ClusterConfig, plugin: ExecPlugin): string {
  const cluster = {
    server: config.server,
    ...(config.tlsServerName && { "tls-server-name": config.tlsServerName }),
    ...(config.insecureSkipTlsVerify && { "insecure-skip-tls-verify": true }),
    ...(config.ca?.data && { "certificate-authority-data": Buffer.from(config.ca.data).toString("base64") }),
    ...(config.proxyUrl && { "proxy-url": config.proxyUrl }),
  };
  const spec = { interactive: false, ...(plugin.provideClusterInfo && { cluster }) };
  return JSON.stringify({ kind: "ExecCredential", apiVersion: plugin.apiVersion, spec });
}

function runPlugin(plugin: ExecPlugin, info: string): Promise<string> {
  // biome-ignore lint/style/noProcessEnv: a plugin inherits the user's environment (PATH, HOME, AWS_PROFILE …), as kubectl's do.
  const env = { ...process.env, ...plugin.env, KUBERNETES_EXEC_INFO: info };
  const options = { env, timeout: execTimeoutMs, maxBuffer: maxOutputBytes };
  return new Promise((resolve, reject) => {
    execFile(plugin.command, [...plugin.args], options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const hint = error.code === "ENOENT" && plugin.installHint ? `\n${plugin.installHint}` : "";
      const said = stderr.trim().slice(0, 1000) || error.message;
      reject(new Error(`Cannot get credentials from "${plugin.command}": ${said}${hint}`, { cause: error }));
    });
  });
}

function parseCredential(plugin: ExecPlugin, output: string): ExecCredential {
  const fail = (what: string) => new Error(`Cannot use credentials from "${plugin.command}": ${what}`);
  const { value: printed } = parseJson(output);
  if (!isRecord(printed) || printed["kind"] !== "ExecCredential") throw fail("it printed no ExecCredential object");
  if (printed["apiVersion"] !== plugin.apiVersion) {
    throw fail(`it printed apiVersion "${String(printed["apiVersion"])}", expected "${plugin.apiVersion}"`);
  }
  const status = record(printed, "status") ?? {};
  const token = text(status, "token");
  const cert = text(status, "clientCertificateData");
  const key = text(status, "clientKeyData");
  const expiry = text(status, "expirationTimestamp");
  if (!token && !(cert && key)) throw fail("it printed neither status.token nor a client certificate with its key");
  if (expiry && Number.isNaN(Date.parse(expiry))) throw fail(`status.expirationTimestamp "${expiry}" is no date`);
  return {
    ...(token && { token }),
    ...(cert && key && { cert, key }),
    ...(expiry && { expiresAt: Date.parse(expiry) }),
  };
}
