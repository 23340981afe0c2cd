import type { ObservedCondition } from "@moorage/kube-types";
import { ConfigMap, Secret } from "@moorage/kube-types/core-v1";
import type { ClusterView } from "@moorage/operator-runtime";
import { type MCPServer, ToolConfig } from "@moorage/resources";
import { podTemplateCondition } from "../../pods/pod-template.ts";
import { toolConfigProblem } from "../../tool-config/tool-config-problem.ts";
import { type Authentication, authenticationOf } from "./authentication.ts";
import { authorizationOf } from "./authorization.ts";
import type { ClusterKeySource } from "./cluster-keys.ts";
import { findProblem, type Problem } from "./find-problem.ts";
import { inputsHash } from "./inputs-hash.ts";
import { permissionsOf } from "./permissions.ts";
import type { Policy } from "./policy.ts";
import { type DataObject, profileKey, type Reference, type ReferenceCondition, referencesOf } from "./references.ts";

/** What the spec refers to, and what is wrong with it. */
export interface References {
  policy: Policy;
  /** One per kind of reference that the spec makes, and for its pod templates. */
  conditions: ObservedCondition[];
  /** The first that does not hold. */
  broken?: ObservedCondition;
}

/** Looks up everything that the spec refers to, and reads it. */
export async function resolveReferences(
  server: MCPServer,
  cluster: ClusterView,
  keys: ClusterKeySource,
): Promise<References> {
  const lookup = new Lookup(server, cluster);
  const { spec } = server;
  const authentication = await authenticate(server, lookup, cluster, keys);
  const authorization =
    lookup.missing("AuthzConfigValid") ?? (await authorizationOf(server, authorizationText(server, lookup)));
  const permissions = lookup.missing("PermissionProfileValid") ?? permissionsOf(server, profileText(server, lookup));
  const toolConfig = spec.toolConfigRef && cluster.find(ToolConfig, lookup.keyOf(spec.toolConfigRef.name));
  const tools = lookup.missing("ToolConfigResolved") ?? problemOfTools(toolConfig);
  const conditions = [
    ...(spec.toolConfigRef ? [conditionOf("ToolConfigResolved", tools)] : []),
    ...(spec.oidcConfig ? [conditionOf("OIDCConfigValid", authentication)] : []),
    ...(spec.authzConfig ? [conditionOf("AuthzConfigValid", authorization)] : []),
    ...(spec.permissionProfile ? [conditionOf("PermissionProfileValid", permissions)] : []),
    ...simple.filter((type) => lookup.refers(type)).map((type) => conditionOf(type, lookup.missing(type) ?? {})),
    ...podTemplateConditions(server),
  ];
  const broken = conditions.find(({ status }) => status === "False");
  const telemetry = telemetryOf(server, lookup);
  const policy: Policy = {
    toolConfig,
    ...resolvedOf(authentication),
    ...resolvedOf(authorization),
    ...resolvedOf(permissions),
    telemetryHeaders: telemetry.headers,
    files: { ...resolvedOf(authentication).files, ...telemetry.files, ...certificateOf(server, lookup) },
    inputsHash: inputsHash(lookup.inputs()),
  };
  return { policy, conditions, ...(broken && { broken }) };
}

/** Conditions that only say whether what is referred to exists. */
const simple: readonly ReferenceCondition[] = [
  "SecretResolved",
  "ConfigMapResolved",
  "TLSConfigValid",
  "TelemetryConfigValid",
];

/** The objects that a server refers to, as the cluster has them. */
class Lookup {
  readonly #namespace: string | undefined;
  readonly #cluster: ClusterView;
  readonly #references: readonly Reference[];

  constructor(server: MCPServer, cluster: ClusterView) {
    this.#namespace = server.metadata.namespace;
    this.#cluster = cluster;
    this.#references = referencesOf(server);
  }

  keyOf(name: string): { namespace?: string; name: string } {
    return { ...(this.#namespace && { namespace: this.#namespace }), name };
  }

  refers(condition: ReferenceCondition): boolean {
    return this.#references.some((reference) => reference.condition === condition);
  }

  /** The first reference of that kind which does not resolve. */
  missing(condition: ReferenceCondition): { problem: Problem } | undefined {
    for (const reference of this.#references.filter((candidate) => candidate.condition === condition)) {
      const problem = findProblem(reference, this.#cluster.find(reference.type, this.keyOf(reference.name)));
      if (problem) return { problem };
    }
    return undefined;
  }

  /** A ConfigMap's value. */
  text(ref: { name: string; key: string } | undefined): string | undefined {
    return ref && this.#cluster.find(ConfigMap, this.keyOf(ref.name))?.data?.[ref.key];
  }

  /** A Secret's values, base64. */
  secret(name: string | undefined): Record<string, string> {
    return (name && this.#cluster.find(Secret, this.keyOf(name))?.data) || {};
  }

  inputs() {
    return this.#references
      .filter(({ input }) => input)
      .flatMap(({ type, name }) => {
        const found: DataObject | undefined =
          type.kind === Secret.kind
            ? this.#cluster.find(Secret, this.keyOf(name))
            : this.#cluster.find(ConfigMap, this.keyOf(name));
        return found ? [{ kind: type.kind, name, data: found.data }] : [];
      });
  }
}

async function authenticate(
  server: MCPServer,
  lookup: Lookup,
  cluster: ClusterView,
  keys: ClusterKeySource,
): Promise<Authentication> {
  const { oidcConfig } = server.spec;
  const { clientSecretRef: secret, caConfigMapRef } = oidcConfig?.inline ?? {};
  const missing = lookup.missing("OIDCConfigValid");
  if (missing) return missing;
  const input = {
    document: lookup.text(oidcConfig?.configMap),
    clientSecret: secret && lookup.secret(secret.name)[secret.key],
    authority: lookup.text(caConfigMapRef),
  };
  return authenticationOf(server, input, { keys, client: cluster.client, now: cluster.now() });
}

function authorizationText({ spec }: MCPServer, lookup: Lookup): string | undefined {
  return lookup.text(spec.authzConfig?.configMap);
}

function profileText({ spec }: MCPServer, lookup: Lookup): string | undefined {
  const { permissionProfile: profile } = spec;
  return profile && lookup.text({ name: profile.name, key: profile.key ?? profileKey });
}

function problemOfTools(toolConfig: ToolConfig | undefined): { problem?: Problem } {
  const problem = toolConfig && toolConfigProblem(toolConfig.spec);
  if (!problem) return {};
  const message = `ToolConfig "${toolConfig.metadata.name}" cannot be used: ${problem.message}`;
  return { problem: { reason: "ToolConfigInvalid", message } };
}

function telemetryOf(
  { spec }: MCPServer,
  lookup: Lookup,
): Pick<Policy, "files"> & { headers?: Policy["telemetryHeaders"] } {
  const headers = Object.entries(lookup.secret(spec.telemetry?.headersSecretName));
  if (headers.length === 0) return { files: {} };
  const fileOf = (header: string) => `telemetry-header-${header}`;
  return {
    headers: Object.fromEntries(headers.map(([header]) => [header, { file: fileOf(header) }])),
    files: Object.fromEntries(headers.map(([header, value]) => [fileOf(header), value])),
  };
}

function certificateOf({ spec }: MCPServer, lookup: Lookup): Record<string, string> {
  const { "tls.crt": certificate, "tls.key": key } = lookup.secret(spec.tls?.secretName);
  return certificate && key ? { "tls.crt": certificate, "tls.key": key } : {};
}

function podTemplateConditions({ spec }: MCPServer): ObservedCondition[] {
  const server = podTemplateCondition("spec.podTemplateSpec", spec.podTemplateSpec);
  const proxy = podTemplateCondition("spec.proxy.podTemplateSpec", spec.proxy?.podTemplateSpec);
  const first = [server, proxy].find((condition) => condition?.status === "False") ?? server ?? proxy;
  return first ? [first] : [];
}

function conditionOf(type: ReferenceCondition, outcome: { problem?: Problem } | object): ObservedCondition {
  if ("problem" in outcome && outcome.problem) return { type, status: "False", ...outcome.problem };
  return { type, status: "True", reason: "Resolved", message: "Everything that the spec refers to is there and valid" };
}

/** The fields of an outcome that is no problem. */
function resolvedOf<T extends object>(outcome: T | { problem: Problem }): Partial<T> {
  return "problem" in outcome ? {} : outcome;
}
