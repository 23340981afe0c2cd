import type { KubeObject, ResourceType } from "@moorage/kube-types";
import type { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import type { Conversion, Spoke } from "../webhook/conversion.ts";

/** A kind for tests in three versions: its width and height are one text, two fields, or two fields with a unit. */
export interface SizeV1 extends KubeObject {
  spec: { size: string };
}
export interface SizeV2 extends KubeObject {
  spec: { width: number; height: number };
}
export interface SizeV3 extends KubeObject {
  spec: { width: number; height: number; unit: string };
}

const kind = { group: "try.dev", kind: "Size", plural: "sizes", namespaced: true };
export const SizeV1: ResourceType<SizeV1> = { ...kind, version: "v1" };
export const SizeV2: ResourceType<SizeV2> = { ...kind, version: "v2" };
export const SizeV3: ResourceType<SizeV3> = { ...kind, version: "v3" };

export const spokeV1: Spoke<SizeV2, SizeV1> = {
  for: SizeV1,
  toHub({ spec: { size }, ...rest }) {
    const [width = Number.NaN, height = Number.NaN] = size.split("x").map(Number);
    if (Number.isNaN(width + height)) throw new Error(`spec.size: "${size}" is not WIDTHxHEIGHT, such as "2x3"`);
    return { ...rest, spec: { width, height } };
  },
  fromHub: ({ spec: { width, height }, ...rest }) => ({ ...rest, spec: { size: `${width}x${height}` } }),
};

const unitOf = "try.dev/unit";

/** Version 3's unit is in an annotation of the hub: nothing is lost on the way back. */
export const spokeV3: Spoke<SizeV2, SizeV3> = {
  for: SizeV3,
  toHub({ metadata, spec: { unit, ...spec }, ...rest }) {
    return { ...rest, metadata: { ...metadata, annotations: { ...metadata.annotations, [unitOf]: unit } }, spec };
  },
  fromHub(hub) {
    const { [unitOf]: unit = "px", ...annotations } = hub.metadata.annotations ?? {};
    return { ...hub, metadata: { ...hub.metadata, annotations }, spec: { ...hub.spec, unit } };
  },
};

export const sizes: Conversion<SizeV2> = { hub: SizeV2, spokes: [spokeV1, spokeV3] };

export function sizeV1(name: string, size: string): SizeV1 {
  return { apiVersion: "try.dev/v1", kind: "Size", metadata: { name, namespace: "default" }, spec: { size } };
}

const schemaOf = (properties: Record<string, { type: string }>) => ({
  openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } },
});
const [integer, text] = [{ type: "integer" }, { type: "string" }];

/** Version 2 is stored. */
export const sizeDefinition: CustomResourceDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "sizes.try.dev" },
  spec: {
    group: kind.group,
    scope: "Namespaced",
    names: { kind: kind.kind, listKind: "SizeList", plural: kind.plural, singular: "size" },
    versions: [
      { name: "v1", served: true, storage: false, schema: schemaOf({ size: text }) },
      { name: "v2", served: true, storage: true, schema: schemaOf({ width: integer, height: integer }) },
      { name: "v3", served: true, storage: false, schema: schemaOf({ width: integer, height: integer, unit: text }) },
    ],
  },
};
