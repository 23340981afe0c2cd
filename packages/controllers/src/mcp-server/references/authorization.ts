import { findPolicyProblem, type RunConfig } from "@moorage/mcp-proxy";
import type { MCPServer } from "@moorage/resources";
import type { Problem } from "./find-problem.ts";

type Authz = NonNullable<RunConfig["authz"]>;

/** What the proxy decides calls by. `document` is the text of the ConfigMap that `spec.authzConfig` names. */
export async function authorizationOf(
  { spec }: MCPServer,
  document: string | undefined,
): Promise<{ authz?: Authz } | { problem: Problem }> {
  const { authzConfig } = spec;
  if (!authzConfig) return {};
  const { type, inline } = authzConfig;
  const policies = type === "inline" ? (inline?.policies ?? []) : [document ?? ""];
  const entities = type === "inline" ? parseEntities(inline?.entitiesJson) : [];
  if (!entities)
    return invalid("spec.authzConfig.inline.entitiesJson is not a JSON array of Cedar entities: correct it");
  const authz: Authz = { policies, ...(entities.length > 0 && { entities }) };
  const wrong = await findPolicyProblem(authz);
  return wrong ? invalid(`spec.authzConfig.${type} is no set of Cedar policies: ${wrong}`) : { authz };
}

function invalid(message: string): { problem: Problem } {
  return { problem: { reason: "AuthzConfigInvalid", message } };
}

function parseEntities(text: string | undefined): unknown[] | undefined {
  if (text === undefined) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    // The caller says what the text should have been.
    return undefined;
  }
}
