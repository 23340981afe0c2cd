import type { Webhook } from "@moorage/operator-runtime";
import type { DefinedResource, MCPServer } from "@moorage/resources";
import { pinningOf } from "../pods/image-tag.ts";
import { sourceOf } from "../pods/source.ts";

/** Warns of what is allowed and seldom meant. It refuses nothing: the schema does that. */
export function mcpServerWebhook(
  type: DefinedResource<MCPServer["spec"], NonNullable<MCPServer["status"]>>,
): Webhook<MCPServer> {
  return {
    name: `mcpservers.${type.group}`,
    for: type,
    // A warning is not worth a refused request.
    failurePolicy: "Ignore",
    validate: ({ spec }) => ({ warnings: [...imageWarnings(spec.image), ...memberWarnings(spec)] }),
  };
}

function imageWarnings(image: string): string[] {
  if (sourceOf(image).kind !== "oci") return [];
  const pinning = pinningOf(image);
  if (pinning === "tag" || pinning === "digest") return [];
  return [`spec.image: "${image}" may change at any time; a fixed tag or a digest does not`];
}

/** A merge patch that switches `type` leaves the other member behind (document S2's own fragments do). */
function memberWarnings({ oidcConfig, authzConfig }: MCPServer["spec"]): string[] {
  return Object.entries({ oidcConfig, authzConfig }).flatMap(([field, config]) => {
    const others = Object.keys(config ?? {}).filter(
      (member) => member !== "type" && member !== "resourceUrl" && member !== config?.type,
    );
    return others.map((member) => `spec.${field}.${member} is ignored, because spec.${field}.type is ${config?.type}`);
  });
}
