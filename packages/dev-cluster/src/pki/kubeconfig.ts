/** What a client needs to reach the cluster. */
export interface ClientAccess {
  readonly url: string;
  /** PEM. */
  readonly certificateAuthority: string;
  readonly token: string;
}

/** A kubeconfig with one context, `moorage`. */
export function kubeconfigText({ url, certificateAuthority, token }: ClientAccess): string {
  return `apiVersion: v1
kind: Config
current-context: moorage
clusters:
  - name: moorage
    cluster:
      server: ${url}
      certificate-authority-data: ${Buffer.from(certificateAuthority).toString("base64")}
users:
  - name: moorage-admin
    user:
      token: ${token}
contexts:
  - name: moorage
    context:
      cluster: moorage
      user: moorage-admin
`;
}
