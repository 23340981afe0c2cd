import type { MCPServer } from "@moorage/resources";

/** Fields that protect, with what is not done about them yet. An entry goes when its field is carried out. */
const unenforced = {
  oidcConfig: "clients are not authenticated",
  authzConfig: "Cedar policies are not evaluated",
  permissionProfile: "the server's network access is not restricted",
} satisfies Partial<Record<keyof MCPServer["spec"], string>>;

/**
 * The fields of `spec` that promise a protection which this version does not give.
 * A server with one of them must not serve: silence would be taken for safety.
 */
export function unenforcedFields(spec: MCPServer["spec"]): string[] {
  return Object.entries(unenforced)
    .filter(([field]) => field in spec)
    .map(([field, gap]) => `spec.${field} (${gap})`);
}
