/** A PEM or a text, given in place or by file. Files are read again when they change. */
export interface Material {
  data?: string;
  file?: string;
}

/** A program that prints credentials: `client.authentication.k8s.io/v1` or `v1beta1`. */
export interface ExecPlugin {
  apiVersion: string;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Shown when the command does not exist. */
  installHint?: string;
  /** Whether the plugin wants to be told which cluster it is asked for. */
  provideClusterInfo: boolean;
}

/** Acting as somebody else, where RBAC permits it. */
export interface Impersonation {
  user: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/**
 * How to reach one API server, as plain data (it can be sent to a worker thread).
 * `loadKubeconfig()`, `inClusterConfig()` and callers themselves make one.
 */
export interface ClusterConfig {
  /** Base URL, for example `https://10.96.0.1:443` or `http://127.0.0.1:8001/prefix`. */
  server: string;
  /** The namespace to use where none is given. */
  namespace: string;
  ca?: Material;
  /** The client's certificate and its key: both or none. */
  cert?: Material;
  key?: Material;
  /** The name to expect in the server's certificate, if it is not the URL's host. */
  tlsServerName?: string;
  /** Accepts any server certificate. Only for tests. */
  insecureSkipTlsVerify?: boolean;
  /** `http://` or `https://` proxy to go through. */
  proxyUrl?: string;
  token?: Material;
  username?: string;
  password?: string;
  exec?: ExecPlugin;
  impersonate?: Impersonation;
}
