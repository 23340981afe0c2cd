import { apiVersionOf, type KubeObject, type ResourceType } from "@moorage/kube-types";
import type { CustomResourceDefinition, JSONSchemaProps, ValidationRule } from "@moorage/kube-types/apiextensions-v1";
import type { Static, TSchema } from "typebox";
import { structuralSchema } from "./structural-schema.ts";

/** A column of `kubectl get`. `priority` 1 shows it only with `-o wide`. */
export interface Column {
  name: string;
  type: "string" | "integer" | "date" | "boolean";
  jsonPath: string;
  description?: string;
  priority?: number;
}

/** What an author says of a kind; everything else (type, CRD, reference page) follows from it. */
export interface ResourceDefinition<Spec extends TSchema, Status extends TSchema> {
  group: string;
  version: string;
  kind: string;
  plural: string;
  /** One or two sentences that start the reference page and `kubectl explain`. */
  description: string;
  shortNames?: string[];
  /** Groups of kinds for `kubectl get CATEGORY`. Default: `["mcp"]`. */
  categories?: string[];
  spec: Spec;
  status: Status;
  columns: Column[];
  /** Rules about the whole object, its name included. */
  validations?: ValidationRule[];
  /** Adds the scale subresource, so that `kubectl scale` and autoscalers work. */
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath: string };
}

/** An object of a defined kind. `spec` is as the API server stores it: defaults are filled in. */
export interface Resource<Spec, Status> extends KubeObject {
  spec: Spec;
  /** Absent until a controller has seen the object. */
  status?: Status;
}

/** A kind with its schema: usable wherever a `ResourceType` is. */
export interface DefinedResource<Spec, Status> extends ResourceType<Resource<Spec, Status>> {
  readonly singular: string;
  readonly crd: CustomResourceDefinition;
}

/**
 * Declares a namespaced kind from one schema for its spec and one for its status.
 *
 * @throws Error when a schema uses what a structural schema cannot say; the message names the field.
 */
export function defineResource<Spec extends TSchema, Status extends TSchema>(
  definition: ResourceDefinition<Spec, Status>,
): DefinedResource<Static<Spec>, Static<Status>> {
  const { group, version, kind, plural } = definition;
  const type = { group, version, kind, plural, namespaced: true };
  return { ...type, singular: kind.toLowerCase(), crd: crdOf(definition) };
}

function crdOf(definition: ResourceDefinition<TSchema, TSchema>): CustomResourceDefinition {
  const { group, version, kind, plural, shortNames, categories = ["mcp"], columns, scale } = definition;
  return {
    apiVersion: apiVersionOf({ group: "apiextensions.k8s.io", version: "v1" }),
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(shortNames && { shortNames }),
        categories,
      },
      scope: "Namespaced",
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: objectSchema(definition) },
          subresources: { status: {}, ...(scale && { scale }) },
          additionalPrinterColumns: [
            ...columns,
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
        },
      ],
    },
  };
}

function objectSchema({
  description,
  spec,
  status,
  validations,
}: ResourceDefinition<TSchema, TSchema>): JSONSchemaProps {
  return {
    type: "object",
    description,
    ...(validations && { "x-kubernetes-validations": validations }),
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: structuralSchema({ ...spec }, "spec"),
      status: structuralSchema({ ...status }, "status"),
    },
  };
}
