/** A schema as OpenAPI v3 or a CRD writes it. */
export interface JsonSchema {
  $ref?: string;
  allOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  not?: JsonSchema;
  type?: string;
  format?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  required?: string[];
  default?: unknown;
  enum?: unknown[];
  nullable?: boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-map-type"?: string;
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-patch-merge-key"?: string;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-validations"?: ValidationRule[];
  "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
}

/** One entry of `x-kubernetes-validations`. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** What kind of value stands at a place. `any` takes whatever comes. */
type ValueKind =
  | "struct"
  | "map"
  | "list"
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "intOrString"
  | "quantity"
  | "time"
  | "any";

/**
 * The type of a place in an object, compiled from OpenAPI (built-in kinds) or from a CRD (custom kinds).
 * Pruning, defaulting, patches and field ownership all walk objects along it.
 */
export interface TypeSchema {
  readonly kind: ValueKind;
  /** Go's name of the type, in the messages of built-in kinds. */
  readonly goName: string;
  /** Of a struct. Filled while compiling, since types may contain themselves. */
  readonly fields: Map<string, TypeSchema>;
  /** Of a list's items and a map's values. */
  readonly element?: TypeSchema | undefined;
  readonly required: readonly string[];
  /** How server-side apply owns it: whole, by value, or by the items' keys. */
  readonly list: "atomic" | "set" | "map";
  readonly listKeys: readonly string[];
  /** A map or struct that is owned as a whole. */
  readonly atomic: boolean;
  readonly patchStrategy: readonly string[];
  readonly patchMergeKey?: string | undefined;
  readonly default?: unknown;
  readonly preserveUnknown: boolean;
  readonly embedded: boolean;
  readonly nullable: boolean;
  /** The value checks of a CRD; empty for built-in kinds. */
  readonly source: JsonSchema;
}

const blank: Omit<TypeSchema, "fields"> = {
  kind: "any",
  goName: "",
  required: [],
  list: "atomic",
  listKeys: [],
  atomic: false,
  patchStrategy: [],
  preserveUnknown: false,
  embedded: false,
  nullable: false,
  source: {},
};

/** A schema with the given parts, the rest at its neutral value. */
export function typeSchema(parts: Partial<TypeSchema>): TypeSchema {
  return { ...blank, fields: new Map(), ...parts };
}

/** A place that holds anything. */
export const anything: TypeSchema = typeSchema({ preserveUnknown: true });

/** The schema of `key` in an object of this schema: a field's, or a map's values'. */
export function schemaOfKey(schema: TypeSchema, key: string): TypeSchema | undefined {
  return schema.fields.get(key) ?? (schema.kind === "struct" ? undefined : schema.element);
}
