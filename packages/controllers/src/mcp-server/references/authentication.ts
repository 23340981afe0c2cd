import type { Client } from "@moorage/kube-client";
import type { RunConfig } from "@moorage/mcp-proxy";
import type { MCPServer } from "@moorage/resources";
import { resourceNameOf } from "../address.ts";
import { modelOf } from "../model.ts";
import type { ClusterKeySource } from "./cluster-keys.ts";
import type { Problem } from "./find-problem.ts";
import type { Policy } from "./policy.ts";

type OIDC = NonNullable<RunConfig["oidc"]>;
type OIDCConfig = NonNullable<MCPServer["spec"]["oidcConfig"]>;
type Inline = NonNullable<OIDCConfig["inline"]>;

/** What `spec.oidcConfig` refers to: the values of its references, decoded. */
export interface AuthenticationInput {
  /** Text of the ConfigMap's key. */
  document?: string | undefined;
  /** Base64. */
  clientSecret?: string | undefined;
  /** PEM. */
  authority?: string | undefined;
}

export type Authentication = Pick<Policy, "oidc" | "files"> | { problem: Problem };

const files = { clientSecret: "oidc-client-secret", authority: "oidc-ca.crt" };

/** What the proxy checks clients' tokens with. */
export async function authenticationOf(
  server: MCPServer,
  input: AuthenticationInput,
  { keys, client, now }: { keys: ClusterKeySource; client: Client; now: Date },
): Promise<Authentication> {
  const { oidcConfig } = server.spec;
  const audience = resourceNameOf(server, modelOf(server));
  switch (oidcConfig?.type) {
    case undefined:
      return { files: {} };
    case "inline":
      return inlineProvider(oidcConfig.inline ?? { issuer: "" }, audience, input);
    case "configMap":
      return documentProvider(input.document ?? "", audience);
    case "kubernetes": {
      const { kubernetes = {} } = oidcConfig;
      // A cluster of one's own needs no question to this one.
      const cluster = kubernetes.issuer && kubernetes.jwksUrl ? undefined : await keys.keys(client, now);
      return { oidc: serviceAccounts(kubernetes, cluster, audience), files: {} };
    }
  }
}

function serviceAccounts(
  { audience, issuer, jwksUrl, namespace, serviceAccount }: NonNullable<OIDCConfig["kubernetes"]>,
  cluster: { issuer: string; jwks: { keys: Record<string, unknown>[] } } | undefined,
  defaultAudience: string,
): OIDC {
  return {
    issuer: issuer ?? cluster?.issuer ?? "",
    audience: audience ?? defaultAudience,
    ...(jwksUrl ? { jwksURL: jwksUrl } : cluster && { jwks: cluster.jwks }),
    // A ServiceAccount's subject is system:serviceaccount:NAMESPACE:NAME; a prefix stands for a whole namespace.
    ...(namespace && { subjects: [`system:serviceaccount:${namespace}:${serviceAccount ?? "*"}`] }),
  };
}

function inlineProvider(inline: Inline, audience: string, input: AuthenticationInput): Authentication {
  const problem = problemOf(inline, "spec.oidcConfig.inline");
  if (problem) return { problem };
  const { clientSecret, authority } = input;
  return {
    oidc: {
      ...providerOf(inline, audience),
      ...(clientSecret && { clientSecretFile: files.clientSecret }),
      ...(authority && { caFile: files.authority }),
    },
    files: {
      ...(clientSecret && { [files.clientSecret]: clientSecret }),
      ...(authority && { [files.authority]: Buffer.from(authority).toString("base64") }),
    },
  };
}

/** A ConfigMap holds nothing secret, so its document has no client secret and no CA. */
function documentProvider(text: string, audience: string): Authentication {
  const field = "spec.oidcConfig.configMap";
  const document = parseDocument(text);
  if (!document) {
    const message = `${field} names a key that is not a JSON object with a string "issuer": correct the ConfigMap`;
    return { problem: { reason: "OIDCConfigInvalid", message } };
  }
  const problem = problemOf(document, field);
  return problem ? { problem } : { oidc: providerOf(document, audience), files: {} };
}

function providerOf(
  { issuer, audience, jwksUrl, introspectionUrl, clientId, scopes }: Inline,
  defaultAudience: string,
): OIDC {
  return {
    issuer,
    audience: audience ?? defaultAudience,
    ...(jwksUrl && { jwksURL: jwksUrl }),
    ...(introspectionUrl && { introspectionURL: introspectionUrl }),
    ...(clientId && { clientID: clientId }),
    ...(scopes && { requiredScopes: scopes }),
  };
}

function problemOf({ issuer, jwksUrl, introspectionUrl }: Inline, field: string): Problem | undefined {
  for (const [name, url] of Object.entries({ issuer, jwksUrl, introspectionUrl })) {
    if (url === undefined || /^https?:\/\/[^\s#]+$/.test(url)) continue;
    const message = `${field}.${name} is "${url}": use a URL that starts with https://`;
    return { reason: "OIDCConfigInvalid", message };
  }
  return undefined;
}

const known: readonly (keyof Inline)[] = ["audience", "jwksUrl", "introspectionUrl", "clientId"];

function parseDocument(text: string): Inline | undefined {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || !("issuer" in value)) return undefined;
  const { issuer, ...rest } = value;
  if (typeof issuer !== "string") return undefined;
  const fields = Object.entries(rest).filter(
    ([name, field]) => known.some((own) => own === name) && typeof field === "string",
  );
  const scopes = "scopes" in rest && Array.isArray(rest.scopes) ? rest.scopes.map(String) : undefined;
  return { issuer, ...Object.fromEntries(fields), ...(scopes && { scopes }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says what the text should have been.
    return undefined;
  }
}
