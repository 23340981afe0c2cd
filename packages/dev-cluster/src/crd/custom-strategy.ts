import type { ResourceInfo } from "../registry/resource-info.ts";
import type { Strategy } from "../registry/strategy.ts";
import type { FieldError } from "../status/api-error.ts";
import { invalidValue } from "../status/field-errors.ts";
import { type ApiObject, valueAt } from "../store/api-object.ts";
import { applyDefaults } from "./apply-defaults.ts";
import { validateValue } from "./validate-value.ts";
import { checkRules, hasRules } from "./validation-rules.ts";

const uncheckedRules: FieldError = {
  reason: "FieldValueInvalid",
  field: "<nil>",
  message:
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
};

/** Faults that a rule could stumble over. Source: `hasBlockingErr` of apiextensions-apiserver. */
const blocking: ReadonlySet<string> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

/** What the CRD says of its objects, as a strategy. */
export function customStrategy(info: ResourceInfo): Strategy {
  const { schema } = info;
  const withRules = hasRules(schema);
  const check = (object: ApiObject, old?: ApiObject): FieldError[] => {
    const errors = validateValue(object, schema.source, "");
    if (!withRules) return [...errors, ...scaleErrors(object, info)];
    const isSound = !errors.some(({ reason = "" }) => blocking.has(reason));
    const ruleFaults = isSound ? checkRules({ value: object, old }, schema) : [uncheckedRules];
    return [...errors, ...scaleErrors(object, info), ...ruleFaults];
  };
  return {
    generation: true,
    defaults: (object) => applyDefaults(object, schema),
    validate: (object) => check(object),
    validateUpdate: (object, old) => (withRules ? transitionErrors(check(object, old), check(object)) : []),
    validateStatus: check,
  };
}

const mostReplicas = 2 ** 31 - 1;

/** What the scale subresource could not show. Source: `ValidateScaleSpec` and `ValidateScaleStatus`. */
function scaleErrors(object: ApiObject, { custom }: ResourceInfo): FieldError[] {
  const { specReplicasPath = "", statusReplicasPath = "" } = custom?.scale ?? {};
  return [specReplicasPath, statusReplicasPath].flatMap((path) => {
    const replicas = valueAt(object, ...path.split(".").filter((step) => step !== ""));
    if (path === "" || typeof replicas !== "number") return [];
    if (replicas < 0) return [invalidValue(path, replicas, "should be a non-negative integer")];
    if (replicas <= mostReplicas) return [];
    return [invalidValue(path, replicas, `should be less than or equal to ${mostReplicas}`)];
  });
}

/** What is wrong only because of the state before: the rest has been reported by `validate`. */
function transitionErrors(all: readonly FieldError[], stateless: readonly FieldError[]): FieldError[] {
  const known = new Set(stateless.map((error) => JSON.stringify(error)));
  return all.filter((error) => !known.has(JSON.stringify(error)));
}
