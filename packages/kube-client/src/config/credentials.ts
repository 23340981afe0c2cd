import type { ClusterConfig, Impersonation, Material } from "./cluster-config.ts";
import { ExecCredentials } from "./exec-credentials.ts";
import { FreshFile } from "./fresh-file.ts";

/** The TLS side of a connection. Equal material has an equal `fingerprint`. */
export interface TlsMaterial {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
  rejectUnauthorized: boolean;
  fingerprint: string;
}

type Reader = { read(): Promise<string>; invalidate(): void };

/** What one cluster configuration sends to prove who it is, kept fresh: token and CA files, exec plugins. */
export class Credentials {
  readonly #config: ClusterConfig;
  readonly #exec: ExecCredentials | undefined;
  readonly #token: Reader | undefined;
  readonly #ca: Reader | undefined;
  readonly #cert: Reader | undefined;
  readonly #key: Reader | undefined;

  constructor(config: ClusterConfig) {
    this.#config = config;
    this.#exec = config.exec && new ExecCredentials(config, config.exec);
    this.#token = reader(config.token);
    this.#ca = reader(config.ca);
    this.#cert = reader(config.cert);
    this.#key = reader(config.key);
  }

  /** Whether a refused request may succeed with credentials that are read or asked for again. */
  get renewable(): boolean {
    return this.#exec !== undefined || this.#config.token?.file !== undefined;
  }

  async headers(): Promise<Record<string, string | string[]>> {
    return { ...(await this.#authorization()), ...impersonationHeaders(this.#config.impersonate) };
  }

  async tls(): Promise<TlsMaterial> {
    const exec = this.#config.cert ? undefined : await this.#exec?.get();
    const [ca, cert, key] = await Promise.all([
      this.#ca?.read(),
      exec?.cert ?? this.#cert?.read(),
      exec?.key ?? this.#key?.read(),
    ]);
    return {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(this.#config.tlsServerName && { servername: this.#config.tlsServerName }),
      rejectUnauthorized: this.#config.insecureSkipTlsVerify !== true,
      fingerprint: [ca, cert, key].join("\0"),
    };
  }

  /** The server answered 401: read files and run the plugin again before the next request. */
  invalidate(): void {
    this.#exec?.invalidate();
    for (const file of [this.#token, this.#ca, this.#cert, this.#key]) file?.invalidate();
  }

  async #authorization(): Promise<Record<string, string>> {
    const token = await this.#token?.read();
    if (token) return { authorization: `Bearer ${token.trim()}` };
    const { username, password } = this.#config;
    if (username) return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
    const exec = await this.#exec?.get();
    return exec?.token ? { authorization: `Bearer ${exec.token}` } : {};
  }
}

function reader(material: Material | undefined): Reader | undefined {
  if (material?.data !== undefined) {
    const { data } = material;
    return { read: async () => data, invalidate: () => {} };
  }
  return material?.file === undefined ? undefined : new FreshFile(material.file);
}

function impersonationHeaders(impersonate: Impersonation | undefined): Record<string, string | string[]> {
  if (!impersonate) return {};
  const extra = Object.entries(impersonate.extra ?? {}).map(
    ([key, values]) => [`impersonate-extra-${encodeURIComponent(key)}`, [...values]] as const,
  );
  return {
    "impersonate-user": impersonate.user,
    ...(impersonate.uid && { "impersonate-uid": impersonate.uid }),
    ...(impersonate.groups?.length && { "impersonate-group": [...impersonate.groups] }),
    ...Object.fromEntries(extra),
  };
}
