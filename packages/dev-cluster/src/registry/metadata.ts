import { randomUUID } from "node:crypto";
import { type ObjectMeta, rfc3339Seconds } from "@moorage/kube-types";
import type { FieldError } from "../status/api-error.ts";
import { invalidValue, required } from "../status/field-errors.ts";
import type { ApiObject } from "../store/api-object.ts";
import { labelValue, qualifiedName, type Rule } from "./name-rules.ts";

const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";
/** Upstream cuts the prefix so that a generated name stays a DNS label. */
const longestGeneratedBase = 58;

/** A name for `generateName`: the prefix and five random characters that spell no words. */
export function generatedName(prefix: string): string {
  const random = randomUUID().replaceAll("-", "");
  let suffix = "";
  for (let index = 0; index < 5; index++) {
    const byte = Number.parseInt(random.slice(index * 2, index * 2 + 2), 16);
    suffix += suffixAlphabet[byte % suffixAlphabet.length];
  }
  return prefix.slice(0, longestGeneratedBase) + suffix;
}

/** Fills what the server owns in the metadata of a new object. */
export function initializeMetadata(metadata: ObjectMeta, now: Date): void {
  metadata.uid = randomUUID();
  metadata.creationTimestamp = rfc3339Seconds(now);
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.generation;
}

/** Puts back what an update may leave out but not change. */
export function keepMetadata(next: ObjectMeta, old: ObjectMeta): void {
  next.uid ??= old.uid ?? "";
  if (next.uid === "") next.uid = old.uid ?? "";
  delete next.selfLink;
  restore(next, old, "creationTimestamp");
  restore(next, old, "deletionTimestamp");
  restore(next, old, "deletionGracePeriodSeconds");
  restore(next, old, "generation");
  restore(next, old, "resourceVersion");
  restore(next, old, "generateName");
}

/** Go writes no empty list or map of metadata. */
export function dropEmptyMetadata(metadata: ObjectMeta): void {
  for (const field of ["ownerReferences", "finalizers"] as const)
    if (metadata[field]?.length === 0) delete metadata[field];
  for (const field of ["labels", "annotations"] as const) {
    const map = metadata[field];
    if (map && Object.keys(map).length === 0) delete metadata[field];
  }
}

function restore<K extends keyof ObjectMeta>(next: ObjectMeta, old: ObjectMeta, field: K): void {
  if (old[field] === undefined) delete next[field];
  else next[field] = old[field];
}

/** Source: `ValidateObjectMetaAccessor`. `rule` is the kind's rule for names, `group` its API group. */
export function validateMetadata(metadata: ObjectMeta, rule: Rule, group: string): FieldError[] {
  const nameFault = metadata.name ? rule(metadata.name) : undefined;
  return [
    ...(metadata.name ? [] : [required("metadata.name", "name or generateName is required")]),
    ...(nameFault ? [invalidValue("metadata.name", metadata.name, nameFault)] : []),
    ...labelErrors(metadata.labels ?? {}, "metadata.labels"),
    ...annotationErrors(metadata.annotations ?? {}),
    ...ownerErrors(metadata),
    ...finalizerErrors(metadata.finalizers ?? [], hasStrictFinalizers(group)),
  ];
}

/** Also for the labels of templates and selectors. */
export function labelErrors(labels: Record<string, string>, field: string): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const keyFault = qualifiedName(key);
    const valueFault = labelValue(value);
    return [
      ...(keyFault ? [invalidValue(field, key, keyFault)] : []),
      ...(valueFault ? [invalidValue(field, value, valueFault)] : []),
    ];
  });
}

const annotationLimitBytes = 256 * 1024;

function annotationErrors(annotations: Record<string, string>): FieldError[] {
  const errors = Object.keys(annotations).flatMap((key) => {
    const fault = qualifiedName(key.toLowerCase());
    return fault ? [invalidValue("metadata.annotations", key, fault)] : [];
  });
  const size = Object.entries(annotations).reduce(
    (sum, [k, v]) => sum + Buffer.byteLength(k) + Buffer.byteLength(v),
    0,
  );
  if (size <= annotationLimitBytes) return errors;
  const message = `Too long: may not be more than ${annotationLimitBytes} bytes`;
  return [...errors, { reason: "FieldValueTooLong", field: "metadata.annotations", message }];
}

function ownerErrors({ ownerReferences = [] }: ObjectMeta): FieldError[] {
  const errors = ownerReferences.flatMap((owner) =>
    (["apiVersion", "kind", "name", "uid"] as const)
      .filter((part) => !owner[part])
      .map((part) =>
        invalidValue(
          `metadata.ownerReferences.${part}`,
          owner[part] ?? "",
          part === "apiVersion" ? "version must not be empty" : "must not be empty",
        ),
      ),
  );
  const controllers = ownerReferences.filter((owner) => owner.controller);
  if (controllers.length < 2) return errors;
  const [first, second] = controllers;
  const why = `Only one reference can have Controller set to true. Found "true" in references for ${first?.kind}/${first?.name} and ${second?.kind}/${second?.name}`;
  return [...errors, invalidValue("metadata.ownerReferences", ownerReferences, why)];
}

const standardFinalizers = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

/** Old built-in kinds insist on a domain in the names of finalizers; CRDs and custom kinds do not. */
function hasStrictFinalizers(group: string): boolean {
  return !group.includes(".") || (group.endsWith(".k8s.io") && group !== "apiextensions.k8s.io");
}

function finalizerErrors(finalizers: readonly string[], isStrict: boolean): FieldError[] {
  return finalizers.flatMap((name, index) => {
    const fault = qualifiedName(name);
    if (fault) return [invalidValue("metadata.finalizers", name, fault)];
    if (!isStrict || name.includes("/") || standardFinalizers.has(name)) return [];
    const why = "name is neither a standard finalizer name nor is it fully qualified";
    return [invalidValue(`metadata.finalizers[${index}]`, name, why)];
  });
}

/** Source: `ValidateObjectMetaAccessorUpdate`. */
export function validateMetadataUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  const errors: FieldError[] = [];
  if (next.metadata.uid !== old.metadata.uid) {
    errors.push(invalidValue("metadata.uid", next.metadata.uid, "field is immutable"));
  }
  if (old.metadata.deletionTimestamp === undefined) return errors;
  const before = new Set(old.metadata.finalizers ?? []);
  const added = (next.metadata.finalizers ?? []).filter((name) => !before.has(name));
  if (added.length > 0) {
    const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(", ")}}`;
    errors.push({ reason: "FieldValueForbidden", field: "metadata.finalizers", message: `Forbidden: ${why}` });
  }
  return errors;
}
