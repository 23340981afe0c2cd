import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "@moorage/kube-types/core-v1";
import type { ClusterApi } from "../../cluster-api.ts";

/** Source: kubelet asks for tokens of this life, and renews them when 80 % of it is over. */
const tokenSeconds = 3607;
const renewAfter = 0.8;

/**
 * The pod's own access to the API: a kubeconfig of its ServiceAccount in the pod's folder, whose token is renewed
 * in place. In a container the same is found under `/var/run/secrets/kubernetes.io/serviceaccount`, which a
 * process has not.
 */
export class PodCredentials {
  readonly #api: ClusterApi;
  readonly #pod: Pod;
  readonly #dir: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(api: ClusterApi, pod: Pod, dir: string) {
    this.#api = api;
    this.#pod = pod;
    this.#dir = join(dir, "service-account");
  }

  /** A new token of the pod's ServiceAccount, bound to the pod. */
  token({
    audience,
    expirationSeconds = tokenSeconds,
  }: {
    audience?: string;
    expirationSeconds?: number;
  } = {}): string {
    const { name, namespace = "default", uid = "" } = this.#pod.metadata;
    const account = { namespace, name: this.#pod.spec?.serviceAccountName || "default" };
    const options = { expirationSeconds, pod: { name, uid }, ...(audience && { audiences: [audience] }) };
    return this.#api.createToken(account, options).token;
  }

  /**
   * Writes the kubeconfig and returns the variables that lead to the API. Pods that do not want a token get only
   * the API's address. @throws ApiError when the ServiceAccount does not exist.
   */
  environment({ wantsToken }: { wantsToken: boolean }): Record<string, string> {
    const { host, port, certificateAuthority } = this.#api.endpoint;
    const address = {
      KUBERNETES_SERVICE_HOST: host,
      KUBERNETES_SERVICE_PORT: String(port),
      KUBERNETES_SERVICE_PORT_HTTPS: String(port),
    };
    if (!wantsToken) return address;
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const tokenFile = join(this.#dir, "token");
    if (!this.#timer) this.#renew(tokenFile);
    writeFileSync(join(this.#dir, "ca.crt"), certificateAuthority);
    const kubeconfig = join(this.#dir, "kubeconfig");
    writeFileSync(kubeconfig, this.#kubeconfig(tokenFile), { mode: 0o600 });
    return { ...address, KUBECONFIG: kubeconfig };
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #renew(file: string): void {
    writeFileSync(`${file}.new`, this.token(), { mode: 0o600 });
    renameSync(`${file}.new`, file);
    this.#timer = setTimeout(() => this.#renew(file), tokenSeconds * renewAfter * 1000);
    this.#timer.unref();
  }

  /** JSON, which is YAML too. */
  #kubeconfig(tokenFile: string): string {
    const { host, port, certificateAuthority } = this.#api.endpoint;
    const { namespace } = this.#pod.metadata;
    const server = `https://${host}:${port}`;
    const ca = Buffer.from(certificateAuthority).toString("base64");
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "cluster", cluster: { server, "certificate-authority-data": ca } }],
      users: [{ name: "service-account", user: { tokenFile } }],
      contexts: [{ name: "pod", context: { cluster: "cluster", user: "service-account", namespace } }],
      "current-context": "pod",
    });
  }
}
