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

/** A version of a kind, as the author says it. */
interface VersionDefinition<Spec extends TSchema = TSchema, Status extends TSchema = TSchema> {
  spec: Spec;
  status: Status;
  columns: Column[];
  /** Rules about the whole object, its name included. */
  validations?: ValidationRule[];
  /** Adds the scale subresource, so that `kubectl scale` and autoscalers work. */
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath: string };
}

/** A version that is served besides the stored one. Its objects need a Conversion, unless only its name differs. */
export interface FurtherVersion extends VersionDefinition {
  name: string;
  /** Users of the version are warned. */
  deprecated?: boolean;
  /** Default: the API server's own words. Only with `deprecated`. */
  deprecationWarning?: string;
}

/** What an author says of a kind; everything else (type, CRD, reference page) follows from it. */
export interface ResourceDefinition<Spec extends TSchema, Status extends TSchema>
  extends VersionDefinition<Spec, Status> {
  group: string;
  /** The one that is stored. */
  version: string;
  kind: string;
  plural: string;
  /** One or two sentences that start the reference page and `kubectl explain`. */
  description: string;
  shortNames?: string[];
  /** Groups of kinds for `kubectl get CATEGORY`. Default: `["mcp"]`. */
  categories?: string[];
  /** Served besides `version`. Default: none. */
  versions?: FurtherVersion[];
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
 * @throws Error when a schema uses what a structural schema cannot say, or a version is declared twice; the message
 * names the field or the version.
 */
export function defineResource<Spec extends TSchema, Status extends TSchema>(
  definition: ResourceDefinition<Spec, Status>,
): DefinedResource<Static<Spec>, Static<Status>> {
  const { group, version, kind, plural } = definition;
  const type = { group, version, kind, plural, namespaced: true };
  return { ...type, singular: kind.toLowerCase(), crd: crdOf(definition) };
}

function crdOf(definition: ResourceDefinition<TSchema, TSchema>): CustomResourceDefinition {
  const { group, version, kind, plural, shortNames, categories = ["mcp"], description, versions = [] } = definition;
  const names = [version, ...versions.map(({ name }) => name)];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`Cannot define ${kind} "${plural}.${group}": version "${twice}" is declared twice`);
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
        { name: version, served: true, storage: true, ...versionOf(description, definition) },
        ...versions.map(({ name, deprecated, deprecationWarning, ...further }) => ({
          name,
          served: true,
          storage: false,
          ...(deprecated && { deprecated, ...(deprecationWarning && { deprecationWarning }) }),
          ...versionOf(description, further),
        })),
      ],
    },
  };
}

function versionOf(description: string, definition: VersionDefinition) {
  const { columns, scale } = definition;
  return {
    schema: { openAPIV3Schema: objectSchema(description, definition) },
    subresources: { status: {}, ...(scale && { scale }) },
    additionalPrinterColumns: [...columns, { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }],
  };
}

function objectSchema(description: string, { spec, status, validations }: VersionDefinition): JSONSchemaProps {
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
