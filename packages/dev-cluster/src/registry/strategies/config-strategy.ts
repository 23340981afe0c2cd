import { equalJson } from "@moorage/kube-types";
import type { FieldError } from "../../status/api-error.ts";
import { forbiddenField, invalidValue, required } from "../../status/field-errors.ts";
import { type ApiObject, fieldsAt } from "../../store/api-object.ts";
import { configKey } from "../name-rules.ts";

const contentLimitBytes = 1024 * 1024;

/** Keys and total size of a ConfigMap or Secret. */
export function configKeyErrors(object: ApiObject): FieldError[] {
  const parts = ["data", "binaryData"].map((part) => [part, fieldsAt(object, part) ?? {}] as const);
  const errors = parts.flatMap(([part, data]) =>
    Object.keys(data).flatMap((key) => {
      const fault = configKey(key);
      return fault ? [invalidValue(`${part}[${key}]`, key, fault)] : [];
    }),
  );
  const size = parts.reduce((sum, [, data]) => sum + sizeOf(data), 0);
  if (size <= contentLimitBytes) return errors;
  const message = `Too long: may not be more than ${contentLimitBytes} bytes`;
  // A path of nothing, as Go prints it.
  const field = object.kind === "Secret" ? "data" : "[]";
  return [...errors, { reason: "FieldValueTooLong", field, message }];
}

const accountAnnotation = "kubernetes.io/service-account.name";

/** What a Secret of its type must have. Source: `ValidateSecret`. */
export function validateSecret(object: ApiObject): FieldError[] {
  const errors = configKeyErrors(object);
  if (object["type"] !== "kubernetes.io/service-account-token") return errors;
  const account = object.metadata.annotations?.[accountAnnotation];
  return account ? errors : [...errors, required(`metadata.annotations[${accountAnnotation}]`)];
}

function sizeOf(data: Record<string, unknown>): number {
  return Object.values(data).reduce<number>((sum, value) => sum + Buffer.byteLength(String(value)), 0);
}

export function validateConfigMapUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  if (old["immutable"] !== true) return [];
  return [
    ...(next["immutable"] === true ? [] : [forbiddenField("immutable", "field is immutable when `immutable` is set")]),
    ...["data", "binaryData"]
      .filter((part) => !equalJson(next[part], old[part]))
      .map((part) => forbiddenField(part, "field is immutable when `immutable` is set")),
  ];
}

export function validateSecretUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  const type = equalJson(next["type"], old["type"]) ? [] : [invalidValue("type", next["type"], "field is immutable")];
  return [...type, ...validateConfigMapUpdate(next, old)];
}
