import { Client } from "@moorage/kube-client";
import type { MCPServer } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { stacklokServer } from "../../testing/mcp-server-fixtures.ts";
import { type AuthenticationInput, authenticationOf } from "./authentication.ts";
import { ClusterKeySource } from "./cluster-keys.ts";

type OIDCConfig = NonNullable<MCPServer["spec"]["oidcConfig"]>;

/** A cluster that nobody answers for: only what asks it fails. */
const client = new Client({ cluster: { server: "http://127.0.0.1:1", namespace: "default" } });

async function resolve(oidcConfig: OIDCConfig | undefined, input: AuthenticationInput = {}) {
  const server = stacklokServer(oidcConfig && { oidcConfig });
  return authenticationOf(server, input, { keys: new ClusterKeySource(), client, now: new Date() });
}

describe("authenticationOf()", () => {
  it("asks nobody who they are without oidcConfig", async () => {
    expect(await resolve(undefined)).toEqual({ files: {} });
  });

  it("takes a provider with its secrets, and gives the audience a default", async () => {
    const inline = { issuer: "https://auth.example.com", clientId: "moorage", scopes: ["mcp"] };
    expect(await resolve({ type: "inline", inline }, { clientSecret: "c2VjcmV0", authority: "PEM" })).toEqual({
      oidc: {
        issuer: "https://auth.example.com",
        audience: "http://weather.sky.svc.cluster.local:8080",
        clientID: "moorage",
        requiredScopes: ["mcp"],
        clientSecretFile: "oidc-client-secret",
        caFile: "oidc-ca.crt",
      },
      files: { "oidc-client-secret": "c2VjcmV0", "oidc-ca.crt": Buffer.from("PEM").toString("base64") },
    });
  });

  it("reads a provider from a ConfigMap", async () => {
    const document = JSON.stringify({ issuer: "https://auth.example.com", audience: "my-app", unknown: 1 });
    expect(await resolve({ type: "configMap", configMap: { name: "o", key: "oidc.json" } }, { document })).toEqual({
      oidc: { issuer: "https://auth.example.com", audience: "my-app" },
      files: {},
    });
  });

  it("takes another cluster's ServiceAccounts without asking this one", async () => {
    const kubernetes = { issuer: "https://k", jwksUrl: "https://k/keys", namespace: "tenant", serviceAccount: "ada" };
    expect(await resolve({ type: "kubernetes", kubernetes })).toMatchObject({
      oidc: { issuer: "https://k", jwksURL: "https://k/keys", subjects: ["system:serviceaccount:tenant:ada"] },
    });
  });

  it("throws while the cluster's keys cannot be had, to be tried again", async () => {
    await expect(resolve({ type: "kubernetes" })).rejects.toThrow(/openid-configuration/);
  });

  it.each<[string, Promise<unknown>, string]>([
    [
      "an issuer that is no URL",
      resolve({ type: "inline", inline: { issuer: "auth.example.com" } }),
      'spec.oidcConfig.inline.issuer is "auth.example.com": use a URL that starts with https://',
    ],
    [
      "a document that is no JSON",
      resolve({ type: "configMap", configMap: { name: "o", key: "oidc.json" } }, { document: "issuer: x" }),
      'spec.oidcConfig.configMap names a key that is not a JSON object with a string "issuer": correct the ConfigMap',
    ],
  ])("refuses %s", async (_, result, message) => {
    expect(await result).toEqual({ problem: { reason: "OIDCConfigInvalid", message } });
  });
});
