import { request as httpsRequest } from "node:https";
import { StatefulSet } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Secret, ServiceAccount } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import { expect, it } from "vitest";
import { RealOpenIDProvider } from "../packages/mcp-proxy/src/interop/real-openid-provider.ts";
import {
  type KeyPair,
  makeAuthority,
  makeServing,
} from "../packages/operator-runtime/src/webhook/make-certificates.ts";
import { eventually } from "./eventually.ts";
import { echo, openSession } from "./mcp-session.ts";
import type { Place } from "./place.ts";

const timeout = 240_000;
const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) };

/** Who may call, over what, and what it costs to keep a server ready: each on a server of its own. */
export function protections(at: () => Place): void {
  admitsServiceAccounts(at);
  admitsTokensOfAProvider(at);
  decidesByPolicies(at);
  speaksTls(at);
  scalesToZero(at);
}

function admitsServiceAccounts(at: () => Place): void {
  const name = "guarded";
  const audienceOf = (place: Place) => `http://${name}.${place.namespace}.svc.cluster.local:8080`;

  it("lets ServiceAccounts of this cluster in, and nobody else", { timeout }, async () => {
    const place = at();
    await place.apply(name, { ...place.stdio, oidcConfig: { type: "kubernetes" } });
    await place.ready(name);
    const url = await place.url(name);
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
    const refused = await fetch(url, { method: "POST", headers, body: ping });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain("resource_metadata=");
    await expect(openSession(url, await tokenOf(place, "someone-else"))).rejects.toThrow();
    const session = await openSession(url, await tokenOf(place, audienceOf(place)));
    expect(await echo(session, "with a token")).toContain("with a token");
    await session.close();
  });

  it("lets only those of a namespace in when it is told so, without a restart", { timeout }, async () => {
    const place = at();
    const pods = await place.podIds(name);
    const token = await tokenOf(place, audienceOf(place));
    await place.edit(name, { oidcConfig: { kubernetes: { namespace: "another" } } });
    await eventually("the token is refused", place.propagationMs, async () => {
      const refused = await openSession(await place.url(name), token).then(
        () => false,
        () => true,
      );
      return refused || undefined;
    });
    expect(await place.podIds(name)).toEqual(pods);
    await place.delete(name);
  });
}

/** Each form of `oidcConfig` that names a provider, and a ConfigMap's policies. */
function admitsTokensOfAProvider(at: () => Place): void {
  const forms = [
    { form: "inline", audience: undefined, oidc: ({ issuer }: RealOpenIDProvider) => inline({ issuer }) },
    {
      form: "inline, with introspection of opaque tokens",
      audience: "opaque:mcp",
      oidc: ({ issuer, clientID }: RealOpenIDProvider) =>
        inline({
          issuer,
          audience: "opaque:mcp",
          introspectionUrl: `${issuer}/token/introspection`,
          clientId: clientID,
          clientSecretRef: { name: "provider", key: "clientSecret" },
        }),
    },
    {
      form: "in a ConfigMap",
      audience: undefined,
      oidc: () => ({ type: "configMap" as const, configMap: { name: "provider", key: "oidc.json" } }),
    },
  ];

  it.each(forms)("lets in whom an OpenID provider vouches for, configured $form", { timeout }, async (row) => {
    const name = "vouched";
    const place = at();
    const provider = await RealOpenIDProvider.start(place.hostAddress);
    await applyProvider(place, provider);
    const authzConfig = { type: "configMap" as const, configMap: { name: "provider", key: "policies.cedar" } };
    await place.apply(name, { ...place.stdio, oidcConfig: row.oidc(provider), authzConfig });
    await place.ready(name);
    const url = await place.url(name);
    const audience = row.audience ?? `http://${name}.${place.namespace}.svc.cluster.local:8080`;
    await expect(openSession(url, await provider.token(`${audience}/of-another`))).rejects.toThrow();
    const session = await openSession(url, await provider.token(audience));
    expect(await echo(session, "vouched for")).toContain("vouched for");
    await expect(session.callTool({ name: "get-env", arguments: {} })).rejects.toThrow(/get-env/);
    await session.close();
    await place.delete(name);
    await eventually("it is gone", 60_000, async () => (await place.find(name)) === undefined || undefined);
    await provider.stop();
  });
}

type OIDCConfig = NonNullable<MCPServer["spec"]["oidcConfig"]>;

function inline(provider: NonNullable<OIDCConfig["inline"]>): OIDCConfig {
  return { type: "inline", inline: provider };
}

/** What the forms refer to. */
async function applyProvider({ client, namespace }: Place, provider: RealOpenIDProvider): Promise<void> {
  const metadata = { name: "provider", namespace };
  await client.apply(Secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    data: { clientSecret: Buffer.from(provider.clientSecret).toString("base64") },
  });
  const policies = 'permit(principal, action, resource) unless { resource == Tool::"get-env" };';
  const data = { "oidc.json": JSON.stringify({ issuer: provider.issuer }), "policies.cedar": policies };
  await client.apply(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
}

function decidesByPolicies(at: () => Place): void {
  it("shows and lets do what Cedar policies permit, and takes a change over while sessions go on", {
    timeout,
  }, async () => {
    const name = "policed";
    const place = at();
    const permit = "permit(principal, action, resource);";
    const forbid = 'forbid(principal, action == Action::"call_tool", resource == Tool::"echo");';
    const authzConfig = (policies: string[]) => ({ authzConfig: { type: "inline" as const, inline: { policies } } });
    await place.apply(name, { ...place.stdio, ...authzConfig([permit, forbid]) });
    await place.ready(name);
    const session = await openSession(await place.url(name));
    const tools = async () => (await session.listTools()).tools.map((tool) => tool.name);
    expect(await tools()).not.toContain("echo");
    await expect(session.callTool({ name: "echo", arguments: { message: "x" } })).rejects.toThrow(/echo/);
    await place.edit(name, authzConfig([permit]));
    await eventually(
      "the tool is there",
      place.propagationMs,
      async () => (await tools()).includes("echo") || undefined,
    );
    expect(await echo(session, "permitted")).toContain("permitted");
    await session.close();
    await place.delete(name);
  });
}

function speaksTls(at: () => Place): void {
  it("speaks HTTPS with a certificate of the user's, and takes a renewed one", { timeout }, async () => {
    const name = "secure";
    const place = at();
    const authority = await makeAuthority(validity);
    const host = `${name}.${place.namespace}.svc.cluster.local`;
    const first = await makeServing(authority, [host], validity);
    await applyCertificate(place, first);
    await place.apply(name, { ...place.stdio, tls: { secretName: "certificate" } });
    await place.ready(name);
    expect((await place.server(name)).status?.url).toMatch(/^https:\/\//);
    const shown = async () => shownCertificate(await place.url(name), { host, authority: authority.certificate });
    const before = await shown();
    await applyCertificate(place, await makeServing(authority, [host], validity));
    await eventually("the renewed certificate is shown", place.propagationMs, async () =>
      (await shown()) === before ? undefined : true,
    );
    await place.delete(name);
  });
}

function scalesToZero(at: () => Place): void {
  it("stops a server that nobody uses, and starts it for the next call, which waits", { timeout }, async () => {
    const name = "sleepy";
    const place = at();
    await place.apply(name, { ...place.stdio, scaleToZero: { idleSeconds: 10, holdSeconds: 60 } });
    await place.ready(name);
    const replicas = async () => (await place.client.get(StatefulSet, place.key(name))).spec.replicas;
    await eventually("its pods are stopped", 60_000, async () => ((await replicas()) === 0 ? true : undefined));
    const { message } = await place.condition(name, "Ready", "ScaledToZero");
    expect(message).toContain("the next request starts the server");
    const session = await openSession(await place.url(name));
    expect(await echo(session, "good morning")).toContain("good morning");
    expect(await replicas()).toBe(1);
    await session.close();
    await place.delete(name);
  });
}

/** A token of a ServiceAccount for an audience, as `kubectl create token --audience` makes one. */
async function tokenOf({ client, namespace }: Place, audience: string): Promise<string> {
  const metadata = { name: "caller", namespace };
  await client.apply(ServiceAccount, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [audience], expirationSeconds: 3600 },
  };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/caller/token`;
  const { status } = JSON.parse(await client.raw({ method: "POST", path, body }));
  return String(status.token);
}

async function applyCertificate({ client, namespace }: Place, { certificate, key }: KeyPair): Promise<void> {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  await client.apply(Secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "certificate", namespace },
    type: "kubernetes.io/tls",
    data: { "tls.crt": base64(certificate), "tls.key": base64(key) },
  });
}

/** The fingerprint of the certificate that is shown for `host`, checked with `authority`. */
async function shownCertificate(
  url: string,
  { host, authority }: { host: string; authority: string },
): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: hostname, port, servername: host, ca: authority, agent: false },
      (response) => {
        const { socket } = response;
        response.resume();
        if ("getPeerCertificate" in socket && typeof socket.getPeerCertificate === "function") {
          resolve(socket.getPeerCertificate().fingerprint256);
        } else reject(new Error("The answer did not come over TLS"));
      },
    );
    request.once("error", reject);
    request.end();
  });
}
