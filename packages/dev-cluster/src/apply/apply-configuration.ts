import { apiVersionOf, equalJson } from "@moorage/kube-types";
import type { WriteOptions } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError, badRequest } from "../status/api-error.ts";
import { type ApiObject, type Fields, fieldsAt, isApiObject, isFields } from "../store/api-object.ts";
import { cloneJson, jsonOf } from "../store/json.ts";
import { checkListKeys } from "./check-list-keys.ts";
import { FieldSet } from "./field-set.ts";
import {
  capManagers,
  changeTime,
  decodeManagers,
  encodeManagers,
  identityOf,
  type Manager,
  type Managers,
} from "./managed-fields.ts";
import { objectSchema, ownable } from "./owned-fields.ts";
import { mergeTyped } from "./typed-merge.ts";
import { compareTyped, fieldSetOf, ListKeyError, removeFields } from "./typed-walk.ts";

/** Options of a server-side apply. */
export interface ApplyOptions extends WriteOptions {
  /** Take over what others own. */
  readonly force: boolean;
  /** What kubectl's annotation is to say of this apply, where the object has that annotation. */
  readonly lastApplied?: string;
}

/** Refuses a configuration whose lists name one item twice. @throws ApiError, worded as the real server does. */
export function checkConfiguration(info: ResourceInfo, configuration: ApiObject): void {
  withListKeys(info, configuration, () => checkListKeys(configuration, objectSchema(info), ""));
}

/** A new object from an applied configuration, owned by who applies it. */
export function createByApply(info: ResourceInfo, configuration: ApiObject, options: WriteOptions): ApiObject {
  return withListKeys(info, configuration, () => {
    const fields = ownable(fieldSetOf(configuration, objectSchema(info)), info, options.subresource ?? "");
    const writer = { ...applier(info, options), time: changeTime(), fields };
    const object = cloneJson(configuration);
    object.metadata.managedFields = encodeManagers(new Map([[identityOf(writer), writer]]));
    return object;
  });
}

/**
 * Merges a configuration into a live object: sets what it says, removes what the same manager applied before and now
 * leaves out (unless others own it too), and records the ownership.
 *
 * Source: `Updater.Apply` of structured-merge-diff, "Server-Side Apply" of the Kubernetes documents.
 * @throws ApiError Conflict when the configuration changes what others own, without `force`.
 */
export function applyConfiguration(
  info: ResourceInfo,
  live: ApiObject,
  configuration: ApiObject,
  options: ApplyOptions,
): ApiObject {
  return withListKeys(info, configuration, () => apply(info, live, configuration, options));
}

function apply(info: ResourceInfo, live: ApiObject, configuration: ApiObject, options: ApplyOptions): ApiObject {
  const schema = objectSchema(info);
  const managers = decodeManagers(live.metadata.managedFields);
  const base = withoutManagedFields(live);
  adoptUntracked(managers, base, { info, live });
  const writer = applier(info, options);
  const identity = identityOf(writer);
  const last = managers.get(identity)?.fields;
  const configured = fieldSetOf(configuration, schema);
  const applied = ownable(configured, info, options.subresource ?? "");
  managers.set(identity, { ...writer, time: managers.get(identity)?.time ?? "", fields: applied });
  const merged = mergeTyped(base, configuration, schema);
  const pruned = last && !last.isEmpty ? prune(merged, { last, configured, managers, schema }) : merged;
  if (!isApiObject(pruned)) throw badRequest("the applied configuration leaves no object");
  const next = cloneJson(pruned);
  yieldConflicts(managers, compareTyped(base, next, schema), {
    identity,
    configuration,
    live,
    info,
    force: options.force,
  });
  const isUnchanged = equalJson(next, base);
  if (!isUnchanged) managers.set(identity, { ...writer, time: changeTime(), fields: applied });
  capManagers(managers);
  next.metadata.managedFields = encodeManagers(managers);
  renewLastApplied(next, options.lastApplied);
  return next;
}

function applier(info: ResourceInfo, { manager, subresource = "" }: WriteOptions): Omit<Manager, "time" | "fields"> {
  return { manager, operation: "Apply", apiVersion: apiVersionOf(info), subresource };
}

/** An object that nobody has tracked so far belongs to those before the first apply. */
function adoptUntracked(
  managers: Managers,
  base: ApiObject,
  { info, live }: { info: ResourceInfo; live: ApiObject },
): void {
  if (managers.size > 0) return;
  const manager = {
    manager: "before-first-apply",
    operation: "Update",
    apiVersion: apiVersionOf(info),
    subresource: "",
    time: live.metadata.creationTimestamp ?? changeTime(),
  } as const;
  const fields = ownable(fieldSetOf(base, objectSchema(info)), info, "");
  managers.set(identityOf(manager), { ...manager, fields });
}

interface PruneContext {
  last: FieldSet;
  /** All that the configuration says: its name keeps the metadata, although nobody owns a name. */
  configured: FieldSet;
  managers: Managers;
  schema: ReturnType<typeof objectSchema>;
}

/** Removes what the manager gave up, but nothing that anyone owns and nothing that such a part contains. */
function prune(merged: unknown, { last, configured, managers, schema }: PruneContext): unknown {
  const given = last.withNamedFields(schema);
  const withoutLast = removeFields(merged, schema, given);
  const all = fieldSetOf(merged, schema).withNamedFields(schema);
  const owned = [...managers.values()].reduce((union, { fields }) => union.union(fields), configured);
  const left = fieldSetOf(withoutLast, schema).withNamedFields(schema);
  const withOwned = removeFields(merged, schema, all.difference(left.union(owned.withNamedFields(schema))));
  const kept = fieldSetOf(withOwned, schema).withNamedFields(schema);
  return removeFields(merged, schema, all.difference(kept).intersection(given));
}

interface ConflictContext {
  identity: string;
  configuration: ApiObject;
  live: ApiObject;
  info: ResourceInfo;
  force: boolean;
}

function yieldConflicts(managers: Managers, changes: ReturnType<typeof compareTyped>, context: ConflictContext): void {
  const changed = changes.modified.union(changes.added);
  const conflicts = [...managers]
    .filter(([identity]) => identity !== context.identity)
    .map(([, manager]) => ({ manager, fields: manager.fields.intersection(changed) }))
    .filter(({ fields }) => !fields.isEmpty);
  const allowed = allowedByLastApplied(managers, context);
  const open = conflicts
    .map(({ manager, fields }) => ({ manager, fields: fields.difference(allowed) }))
    .filter(({ fields }) => !fields.isEmpty);
  if (open.length > 0 && !context.force) throw applyConflict(open);
  for (const [identity, manager] of managers) {
    if (identity === context.identity) continue;
    managers.set(identity, { ...manager, fields: manager.fields.difference(changed).difference(changes.removed) });
  }
}

const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

/** kubectl may take over from client-side apply what that applied last and nobody has changed since. */
function allowedByLastApplied(managers: Managers, { identity, live, info }: ConflictContext): FieldSet {
  if (managers.get(identity)?.manager !== "kubectl") return new FieldSet();
  const text = live.metadata.annotations?.[lastAppliedAnnotation];
  if (!text) return new FieldSet();
  // Anyone can write the annotation; what is no JSON allows nothing.
  const last = jsonOf(text);
  if (!isApiObject(last) || last.apiVersion !== apiVersionOf(info)) return new FieldSet();
  const schema = objectSchema(info);
  const { added, modified, removed } = compareTyped(last, live, schema);
  return fieldSetOf(last, schema).difference(modified).difference(added).difference(removed);
}

const annotationLimitBytes = 256 * 1024;

/** Who goes back to client-side apply finds there what was applied last. Source: `lastAppliedUpdater`. */
function renewLastApplied({ metadata: { annotations } }: ApiObject, text: string | undefined): void {
  if (text === undefined || annotations?.[lastAppliedAnnotation] === undefined) return;
  if (Buffer.byteLength(text) <= annotationLimitBytes) annotations[lastAppliedAnnotation] = text;
  else delete annotations[lastAppliedAnnotation];
}

/** A configuration as kubectl notes it: without the note itself, its keys in their order. */
export function lastAppliedText(configuration: Fields): string {
  const { annotations, ...metadata } = fieldsAt(configuration, "metadata") ?? {};
  const { [lastAppliedAnnotation]: _note, ...kept } = isFields(annotations) ? annotations : {};
  const shown = { ...metadata, ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}) };
  const ordered = (_key: string, part: unknown) =>
    isFields(part) ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1))) : part;
  return `${JSON.stringify({ ...configuration, metadata: shown }, ordered)}\n`;
}

/** Source: `NewConflictError` of apimachinery's managedfields. */
function applyConflict(conflicts: readonly { manager: Manager; fields: FieldSet }[]): ApiError {
  const causes = conflicts.flatMap(({ manager, fields }) =>
    fields
      .paths()
      .map((field) => ({ reason: "FieldManagerConflict", message: `conflict with ${shownManager(manager)}`, field })),
  );
  const groups = Map.groupBy(causes, (cause) => cause.message);
  const lines = [...groups].map(([message, list]) => {
    const [first, ...more] = list.map(({ field }) => field);
    if (more.length === 0) return `${message}: ${first}`;
    return [
      `${message.replace("conflict with", "conflicts with")}:`,
      ...[first, ...more].map((field) => `- ${field}`),
    ].join("\n");
  });
  const head = `Apply failed with ${causes.length} conflict${causes.length === 1 ? "" : "s"}`;
  const text = groups.size === 1 ? lines[0] : lines.join("\n");
  return new ApiError(409, "Conflict", `${head}: ${text}`, { causes });
}

function shownManager({ manager, operation, apiVersion, subresource }: Manager): string {
  const via = subresource ? ` with subresource ${JSON.stringify(subresource)}` : "";
  const version = operation === "Update" ? ` using ${apiVersion}` : "";
  return `${JSON.stringify(manager)}${via}${version}`;
}

function withoutManagedFields(object: ApiObject): ApiObject {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function withListKeys<T>(info: ResourceInfo, configuration: ApiObject, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ListKeyError)) throw error;
    throw untypedConfiguration(info, configuration, error.message);
  }
}

/** The refusal of a configuration that does not fit its kind, worded as the real server does. */
export function untypedConfiguration(info: ResourceInfo, { metadata }: ApiObject, why: string): ApiError {
  const { namespace = "", name = "" } = metadata;
  const subject = `${namespace}/${name}; ${info.group}/${info.version}, Kind=${info.kind}`;
  return new ApiError(500, "", `failed to create typed patch object (${subject}): ${why}`);
}
