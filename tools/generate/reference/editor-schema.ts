import { apiVersionOf } from "@moorage/kube-types";
import type { JSONSchemaProps } from "@moorage/kube-types/apiextensions-v1";
import type { resources } from "@moorage/resources";

type JsonSchema = Record<string, unknown>;

/**
 * What an editor completes and checks a manifest with: the CRD's schema in the dialect that editors know. Unknown
 * fields are errors, as `kubectl apply` has it by default. CEL rules are left to the API server.
 */
export function editorSchemaOf({ group, version, kind, crd }: (typeof resources)[number]): JsonSchema {
  const schema = crd.spec.versions[0]?.schema?.openAPIV3Schema ?? {};
  const { spec = {}, status = {} } = schema.properties ?? {};
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: `${kind} (${group}/${version})`,
    description: schema.description,
    type: "object",
    required: ["apiVersion", "kind", "metadata", "spec"],
    additionalProperties: false,
    properties: {
      apiVersion: { const: apiVersionOf({ group, version }) },
      kind: { const: kind },
      metadata: { type: "object", description: "The object's name, namespace, labels and annotations." },
      spec: translated(spec),
      status: translated(status),
    },
  };
}

function translated(schema: JSONSchemaProps): JsonSchema {
  const { properties, items, additionalProperties, ...rest } = schema;
  const kept = Object.entries(rest).filter(([keyword]) => !keyword.startsWith("x-kubernetes-"));
  const open = schema["x-kubernetes-preserve-unknown-fields"];
  return {
    ...Object.fromEntries(kept),
    ...(schema["x-kubernetes-int-or-string"] && { type: ["integer", "string"] }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, translated(member)])),
      ...(!open && { additionalProperties: false }),
    }),
    ...(items && !Array.isArray(items) && { items: translated(items) }),
    ...(typeof additionalProperties === "object" && { additionalProperties: translated(additionalProperties) }),
  };
}
