import type { ResourceType } from "@moorage/kube-types";
import type { TypeSchema } from "../schema/type-schema.ts";

/** A kind in a version. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A subresource as discovery lists it. */
export interface SubresourceInfo {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** A printer column of a custom kind. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** What only custom kinds have. */
export interface CustomInfo {
  /** Name of the CustomResourceDefinition. */
  readonly crd: string;
  readonly columns: readonly PrinterColumn[];
  readonly selectableFields: readonly string[];
  readonly statusSubresource: boolean;
  /** The `clientConfig` of the webhook that converts between versions; absent where only their name differs. */
  readonly conversion?: Record<string, unknown>;
  readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  /** Versions that `managedFields` and storage may name. */
  readonly versions: readonly string[];
  /** A warning for every use of the version. */
  readonly deprecationWarning?: string;
}

/** Everything the server knows about one resource in one version. */
export interface ResourceInfo extends ResourceType {
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: ReadonlyMap<string, SubresourceInfo>;
  /** The name under which all versions of it are stored: `deployments.apps`. */
  readonly storage: string;
  /** `apiVersion` and `kind` of stored objects. */
  readonly storageApiVersion: string;
  /** Compiled on first use. */
  readonly schema: TypeSchema;
  readonly custom?: CustomInfo;
}

/** Whether its status is written through a subresource only. */
export function hasStatusSubresource(info: ResourceInfo): boolean {
  return info.subresources.has("status");
}
