import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inClusterConfig } from "./in-cluster.ts";
import { loadKubeconfig, parseKubeconfig } from "./kubeconfig.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function kubeconfig(parts: { user?: string; cluster?: string; context?: string } = {}): string {
  return `
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: c, user: u, namespace: team${parts.context ?? ""}}}]
clusters: [{name: c, cluster: {server: "https://api:6443"${parts.cluster ?? ""}}}]
users: [{name: u, user: {${parts.user ?? "token: secret"}}}]
`;
}

describe("parseKubeconfig()", () => {
  it.each([
    ["a token", "token: secret", { token: { data: "secret" } }],
    ["a token file, which wins", "token: secret, tokenFile: t", { token: { file: "/k/t" } }],
    [
      "certificate data",
      `client-certificate-data: ${base64("C")}, client-key-data: ${base64("K")}`,
      { cert: { data: "C" }, key: { data: "K" } },
    ],
    [
      "certificate files",
      "client-certificate: c.pem, client-key: /abs/k.pem",
      { cert: { file: "/k/c.pem" }, key: { file: "/abs/k.pem" } },
    ],
    ["a password", "username: ann, password: pw", { username: "ann", password: "pw" }],
    [
      "impersonation",
      "token: t, as: bob, as-groups: [g], as-uid: '7'",
      { token: { data: "t" }, impersonate: { user: "bob", uid: "7", groups: ["g"] } },
    ],
  ])("reads a user with %s", async (_what, user, expected) => {
    const config = await parseKubeconfig(kubeconfig({ user }), { folder: "/k" });
    expect(config).toEqual({ server: "https://api:6443", namespace: "team", ...expected });
  });

  it("reads a cluster's TLS settings", async () => {
    const cluster = `, certificate-authority-data: ${base64("CA")}, tls-server-name: api.internal, insecure-skip-tls-verify: true, proxy-url: "http://p:1"`;
    expect(await parseKubeconfig(kubeconfig({ cluster }))).toMatchObject({
      ca: { data: "CA" },
      tlsServerName: "api.internal",
      insecureSkipTlsVerify: true,
      proxyUrl: "http://p:1",
    });
  });

  it("reads an exec plugin", async () => {
    const user =
      "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./get, args: [a], env: [{name: N, value: v}], installHint: try apt}";
    expect((await parseKubeconfig(kubeconfig({ user }), { folder: "/k" })).exec).toEqual({
      apiVersion: "client.authentication.k8s.io/v1",
      command: "/k/get",
      args: ["a"],
      env: { N: "v" },
      installHint: "try apt",
      provideClusterInfo: false,
    });
  });

  it.each([
    ["a context that is not there", kubeconfig().replace("current-context: here", "current-context: gone"), '"gone"'],
    ["no context at all", kubeconfig().replace("current-context: here", ""), "current-context"],
    ["a user that is not there", kubeconfig().replace("name: u,", "name: x,"), 'user "u"'],
    ["a server that is no URL", kubeconfig().replace("https://api:6443", "api"), '"api"'],
    ["a certificate without its key", kubeconfig({ user: "client-certificate: x" }), "client-key"],
    ["an auth-provider", kubeconfig({ user: "auth-provider: {name: gcp}" }), "auth-provider"],
    [
      "an exec API of the past",
      kubeconfig({ user: "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}" }),
      "v1alpha1",
    ],
    ["what is no mapping", "- a", "mapping"],
    ["what is no YAML", "users: [", '"kubeconfig": it is no YAML'],
  ])("says what is wrong with %s", async (_what, content, named) => {
    await expect(parseKubeconfig(content)).rejects.toThrow(named);
  });
});

describe("loadKubeconfig()", () => {
  it("merges files: the first to define a name wins, relative paths start at their own file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "moorage-kubeconfig-"));
    const first = join(folder, "first");
    const second = join(folder, "second");
    await writeFile(first, "users: [{name: u, user: {tokenFile: t}}]\n");
    await writeFile(second, kubeconfig());
    const config = await loadKubeconfig({ paths: [join(folder, "none"), first, second] });
    expect(config.token).toEqual({ file: join(folder, "t") });
    await expect(loadKubeconfig({ paths: [join(folder, "none")] })).rejects.toThrow("none");
    await rm(folder, { recursive: true });
  });
});

describe("inClusterConfig()", () => {
  it("is undefined outside a pod", async () => {
    expect(await inClusterConfig({})).toBeUndefined();
  });

  it("names the mounted files, so that rotation is seen, and brackets IPv6", async () => {
    const config = await inClusterConfig({ KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" }, "/sa");
    expect(config).toEqual({
      server: "https://[fd00::1]:443",
      namespace: "default",
      ca: { file: "/sa/ca.crt" },
      token: { file: "/sa/token" },
    });
  });
});
