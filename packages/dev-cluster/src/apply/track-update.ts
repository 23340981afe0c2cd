import { apiVersionOf } from "@moorage/kube-types";
import type { Draft } from "../registry/registry.ts";
import type { TypeSchema } from "../schema/type-schema.ts";
import type { ApiObject } from "../store/api-object.ts";
import {
  capManagers,
  changeTime,
  decodeManagers,
  encodeManagers,
  identityOf,
  type Managers,
} from "./managed-fields.ts";
import { emptyObject, objectSchema, ownable } from "./owned-fields.ts";
import { type Comparison, compareTyped, ListKeyError } from "./typed-walk.ts";

/**
 * Records in `metadata.managedFields` what a create or update has set: the writer owns what it added or changed,
 * others lose what was changed or removed.
 *
 * Source: `Updater.Update` of structured-merge-diff and the manager chain around it.
 */
export function trackUpdate({ info, object, old, options }: Draft): void {
  const subresource = options.subresource ?? "";
  const managers = managersOf(object, old, subresource);
  delete object.metadata.managedFields;
  const before = old ? withoutManagedFields(old) : emptyObject(info);
  const changes = compareStates(before, object, objectSchema(info));
  // An object whose lists cannot be told apart item by item is owned by nobody; validation has its say later.
  if (!changes) return;
  const changed = changes.modified.union(changes.added);
  for (const [identity, manager] of managers) {
    const fields = manager.fields.difference(changed).difference(changes.removed);
    managers.set(identity, { ...manager, fields });
  }
  const own = ownable(changed, info, subresource);
  if (!own.isEmpty) {
    const writer = {
      manager: options.manager,
      operation: "Update",
      apiVersion: apiVersionOf(info),
      subresource,
    } as const;
    const previous = managers.get(identityOf(writer));
    const fields = previous ? previous.fields.union(own) : own;
    managers.set(identityOf(writer), { ...writer, time: changeTime(), fields });
  }
  capManagers(managers);
  const entries = encodeManagers(managers);
  if (entries.length > 0) object.metadata.managedFields = entries;
}

/** A client that sends an empty list resets the ownership; one that sends none keeps it. */
function managersOf(object: ApiObject, old: ApiObject | undefined, subresource: string): Managers {
  const sent = object.metadata.managedFields;
  if (subresource === "" && sent) {
    const isReset = sent.length === 0 || (sent.length === 1 && Object.keys(sent[0] ?? {}).length === 0);
    if (isReset) return new Map();
    const managers = decodeManagers(sent);
    if (managers.size > 0) return managers;
  }
  return decodeManagers(old?.metadata.managedFields);
}

function compareStates(before: unknown, after: unknown, schema: TypeSchema): Comparison | undefined {
  try {
    return compareTyped(before, after, schema);
  } catch (error) {
    if (!(error instanceof ListKeyError)) throw error;
    return undefined;
  }
}

function withoutManagedFields(object: ApiObject): ApiObject {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}
