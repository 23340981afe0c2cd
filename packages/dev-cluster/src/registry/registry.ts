import { apiVersionOf, equalJson } from "@moorage/kube-types";
import {
  ApiError,
  alreadyExists,
  conflict,
  type FieldError,
  invalid,
  notFound,
  staleVersion,
} from "../status/api-error.ts";
import { type ApiObject, type Fields, listAt } from "../store/api-object.ts";
import type { Entry } from "../store/entry.ts";
import { cloneJson } from "../store/json.ts";
import type { Store } from "../store/store.ts";
import { splitApiVersion } from "./catalog.ts";
import { convert, isStorageVersion } from "./convert.ts";
import { convertedForm } from "./converted-forms.ts";
import { type Deletion, type DeletionOptions, markDeleted } from "./deletion.ts";
import {
  dropEmptyMetadata,
  generatedName,
  initializeMetadata,
  keepMetadata,
  validateMetadata,
  validateMetadataUpdate,
} from "./metadata.ts";
import { dnsSubdomain } from "./name-rules.ts";
import { hasStatusSubresource, type ResourceInfo } from "./resource-info.ts";
import type { Caller, Strategy, StrategyLookup } from "./strategy.ts";
import { keepFieldsOutside, resetStatus } from "./subresource-fields.ts";

/** How a write is to be carried out. */
export interface WriteOptions {
  readonly caller: Caller;
  /** The field manager that owns what the write sets. */
  readonly manager: string;
  readonly dryRun?: boolean;
  /** Empty for the object itself. */
  readonly subresource?: string;
  /** The fields' owners are recorded already: a server-side apply has done it. */
  readonly tracked?: boolean;
  /** Collects warnings for the client. */
  readonly warnings?: string[];
  /** The options of the request as admission is told of them. */
  readonly asked?: Fields;
}

/** A write that is ready to be admitted, checked and committed. `object` may still be changed by admission. */
export interface Draft {
  readonly info: ResourceInfo;
  readonly key: string;
  readonly options: WriteOptions;
  object: ApiObject;
  /** What is replaced, in the version of the request; absent for a creation. */
  readonly old?: ApiObject;
  readonly oldEntry?: Entry;
  /** What is to be stored, where a webhook has made it of `object`; its metadata is that of `object`. */
  stored?: ApiObject | undefined;
}

/** What the registry asks of the parts around it; all of it is synchronous. */
export interface RegistryHooks {
  readonly strategyOf: StrategyLookup;
  /** Records who owns what in `metadata.managedFields`. */
  trackFields(draft: Draft): void;
  /** Built-in admission: changes the object or throws a refusal. */
  admit(draft: Draft): void;
  /** The last step before the store: allocates addresses, counts quotas; throws a refusal. */
  reserve(draft: Draft): void;
}

/**
 * Creates, updates and deletes objects of every kind: the steps that all kinds share, in the order of the real server.
 *
 * A write is *prepared* (defaults, metadata, field ownership), *admitted*, and *committed* (checked, stored). Webhooks
 * are asynchronous, so they run between the steps, in the HTTP layer; everything here is synchronous.
 */
export class Registry {
  readonly #store: Store;
  readonly #hooks: RegistryHooks;

  constructor(store: Store, hooks: RegistryHooks) {
    this.#store = store;
    this.#hooks = hooks;
  }

  get store(): Store {
    return this.#store;
  }

  strategyOf(info: ResourceInfo): Strategy {
    return this.#hooks.strategyOf(info);
  }

  find(info: ResourceInfo, key: string): Entry | undefined {
    return this.#store.get(info.storage, key);
  }

  get(info: ResourceInfo, key: string): Entry {
    const entry = this.find(info, key);
    if (!entry) throw notFound(info, nameOfKey(key));
    return entry;
  }

  /** The object in the version that `info` serves: the stored one itself (frozen) where that is the same. */
  read(info: ResourceInfo, entry: Entry): ApiObject {
    const wanted = apiVersionOf(info);
    if (isStorageVersion(info) && entry.object.apiVersion === wanted) return entry.object;
    return convertedForm(entry, wanted) ?? convert(entry.copy(), wanted);
  }

  /** Step 1 of a creation. Takes ownership of `object`. */
  prepareCreate(info: ResourceInfo, object: ApiObject, options: WriteOptions): Draft {
    const { metadata } = object;
    if (metadata.resourceVersion) {
      throw new ApiError(500, "", "resourceVersion should not be set on objects to be created");
    }
    delete metadata.resourceVersion;
    const strategy = this.strategyOf(info);
    if (!metadata.name && metadata.generateName) metadata.name = this.#freeName(info, metadata);
    initializeMetadata(metadata, new Date());
    dropEmptyMetadata(metadata);
    if (strategy.generation) metadata.generation = 1;
    strategy.defaults?.(object);
    const draft: Draft = { info, key: keyOf(info, metadata.namespace, metadata.name ?? ""), object, options };
    if (!options.tracked) this.#hooks.trackFields(draft);
    return draft;
  }

  /** Step 2: built-in admission, before any webhook. */
  admit(draft: Draft): void {
    const { info, object, old, options } = draft;
    if (!old) {
      // After the ownership is recorded: nobody owns what the server fills in here.
      if (hasStatusSubresource(info)) resetStatus(object, info);
      this.strategyOf(info).prepareCreate?.(object, options.caller);
    }
    this.#hooks.admit(draft);
  }

  /** The last step of a creation. */
  commitCreate(draft: Draft): ApiObject {
    const { info, object, key, options } = draft;
    const strategy = this.strategyOf(info);
    refuseInvalid(info, object, [
      ...validateMetadata(object.metadata, strategy.nameRule ?? dnsSubdomain, info.group),
      ...(strategy.validate?.(object) ?? []),
      ...(strategy.validateCreate?.(object) ?? []),
    ]);
    if (this.find(info, key)) throw alreadyExists(info, object.metadata.name);
    this.#hooks.reserve(draft);
    if (options.dryRun) return object;
    return this.read(info, this.#put(info, key, storedForm(draft)));
  }

  /** All steps of a creation at once, for those in this process: webhooks are not asked. */
  createNow(info: ResourceInfo, object: ApiObject, options: WriteOptions): ApiObject {
    const draft = this.prepareCreate(info, object, options);
    this.admit(draft);
    return this.commitCreate(draft);
  }

  /**
   * Step 1 of an update: `next` replaces the entry. Takes ownership of `next`.
   * @throws ApiError Conflict when `next` names another version or uid than the stored one.
   */
  prepareUpdate(info: ResourceInfo, entry: Entry, next: ApiObject, options: WriteOptions): Draft {
    const old = this.read(info, entry);
    const strategy = this.strategyOf(info);
    checkIdentity(info, old, next, strategy);
    keepMetadata(next.metadata, old.metadata);
    dropEmptyMetadata(next.metadata);
    if (old.metadata.namespace !== undefined) next.metadata.namespace = old.metadata.namespace;
    keepFieldsOutside(options.subresource ?? "", info, next, old);
    strategy.defaults?.(next);
    if (!options.subresource) strategy.prepareUpdate?.(next, old);
    if (strategy.generation && !equalJson(countedFields(next), countedFields(old))) {
      next.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
    const draft: Draft = { info, key: entry.key, object: next, options, old, oldEntry: entry };
    if (!options.tracked) this.#hooks.trackFields(draft);
    return draft;
  }

  /** The last step of an update. Returns the stored object, which is the old one when nothing changed. */
  commitUpdate(draft: Draft): ApiObject {
    const { info, key, object, options, oldEntry } = draft;
    const old = draft.old ?? object;
    const strategy = this.strategyOf(info);
    const isStatus = options.subresource === "status";
    refuseInvalid(info, object, [
      ...validateMetadata(object.metadata, strategy.nameRule ?? dnsSubdomain, info.group),
      ...validateMetadataUpdate(object, old),
      // Upstream checks built-in kinds twice, generically and per kind: each cause is there twice.
      ...(info.custom ? [] : validateMetadataUpdate(object, old)),
      ...(isStatus && strategy.validateStatus
        ? strategy.validateStatus(object, old)
        : (strategy.validate?.(object) ?? [])),
      ...(isStatus ? [] : (strategy.validateUpdate?.(object, old) ?? [])),
    ]);
    if (this.find(info, key) !== oldEntry) throw staleVersion(info, object.metadata.name);
    this.#hooks.reserve(draft);
    if (equalJson(object, old)) return old;
    if (options.dryRun) return object;
    if (isFinished(object)) return this.#release(draft, old);
    return this.read(info, this.#put(info, key, storedForm(draft)));
  }

  /** Removes an object that nothing keeps any more. */
  #release({ info, key, object, oldEntry }: Draft, old: ApiObject): ApiObject {
    // Watchers are told of the last state that was stored: what set it free never was.
    const last = oldEntry ? oldEntry.copy() : this.#stored(info, cloneJson(old));
    const gone = this.#store.remove(info.storage, key, last);
    if (gone) object.metadata.resourceVersion = String(gone.version);
    return object;
  }

  /** Deletes an object, or marks it as to be deleted when finalizers or a grace period keep it. */
  delete(info: ResourceInfo, key: string, options: DeletionOptions): Deletion {
    const entry = this.get(info, key);
    // Only metadata changes, which no version has otherwise: what is stored need not be converted there and back.
    const object = info.custom?.conversion ? entry.copy() : convert(entry.copy(), apiVersionOf(info));
    const outcome = markDeleted(object, { info, strategy: this.strategyOf(info), options });
    if (options.dryRun || outcome === "unchanged") return { object, gone: outcome === "remove" };
    if (outcome === "remove") {
      const gone = this.#store.remove(info.storage, key, this.#stored(info, object));
      return { object: gone ? this.read(info, gone) : object, gone: true };
    }
    return { object: this.read(info, this.#put(info, key, object)), gone: false };
  }

  /** Another name while the generated one is taken; upstream tries eight times as well. */
  #freeName(info: ResourceInfo, { generateName = "", namespace }: ApiObject["metadata"]): string {
    for (let attempt = 0; attempt < 8; attempt++) {
      const name = generatedName(generateName);
      if (!this.find(info, keyOf(info, namespace, name))) return name;
    }
    throw alreadyExists(info, generateName);
  }

  #put(info: ResourceInfo, key: string, object: ApiObject): Entry {
    return this.#store.put(info.storage, key, this.#stored(info, object));
  }

  #stored(info: ResourceInfo, object: ApiObject): ApiObject {
    return object.apiVersion === info.storageApiVersion ? object : convert(cloneJson(object), info.storageApiVersion);
  }
}

function storedForm({ object, stored }: Draft): ApiObject {
  if (!stored) return object;
  const { labels, annotations } = stored.metadata;
  const { labels: _labels, annotations: _annotations, ...own } = object.metadata;
  return { ...stored, metadata: { ...own, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) } };
}

/** Where an object is stored: `namespace/name`, or `name` for cluster-scoped kinds. */
export function keyOf(info: { namespaced: boolean }, namespace: string | undefined, name: string): string {
  return info.namespaced ? `${namespace ?? ""}/${name}` : name;
}

function nameOfKey(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}

function refuseInvalid(info: ResourceInfo, object: ApiObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) {
    // Of a kind that two groups serve, upstream names the one that is stored.
    const [group] = splitApiVersion(info.storageApiVersion);
    throw invalid({ group, kind: info.kind, name: object.metadata.name ?? "" }, errors);
  }
}

function checkUid(info: ResourceInfo, old: ApiObject, next: ApiObject): void {
  const { name, namespace, uid = "" } = old.metadata;
  if (!next.metadata.uid || next.metadata.uid === uid) return;
  const place = [info.custom ? `${info.group}/${info.plural}` : info.plural, namespace, name];
  const path = `/registry/${place.filter((part) => part !== undefined).join("/")}`;
  const detail = `Precondition failed: UID in precondition: ${next.metadata.uid}, UID in object meta: ${uid}`;
  const head = `StorageError: invalid object, Code: 4, Key: ${path}, ResourceVersion: 0`;
  throw conflict(info, name, `${head}, AdditionalErrorMsg: ${detail}`);
}

function checkIdentity(info: ResourceInfo, old: ApiObject, next: ApiObject, strategy: Strategy): void {
  const { name } = old.metadata;
  checkUid(info, old, next);
  const version = next.metadata.resourceVersion;
  if (version && version !== old.metadata.resourceVersion) {
    if (!/^\d+$/.test(version)) {
      throw new ApiError(500, "", `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
    }
    if (version !== "0") throw staleVersion(info, name);
  }
  if (!version && (strategy.unconditionalUpdate === false || info.custom)) throw versionRequired(info, name);
}

function versionRequired({ group, plural }: ResourceInfo, name: string): ApiError {
  // The number that Go reads from nothing.
  const message = "Invalid value: 0: must be specified for an update";
  return invalid({ group, kind: plural, name }, [
    { reason: "FieldValueInvalid", field: "metadata.resourceVersion", message },
  ]);
}

/** What `metadata.generation` counts the changes of. */
function countedFields(object: ApiObject): unknown {
  const { metadata: _metadata, status: _status, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}

/** Whether a deleted object has nothing left that keeps it. */
function isFinished(object: ApiObject): boolean {
  const { kind, metadata } = object;
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
    (kind !== "Namespace" || listAt(object, "spec", "finalizers").length === 0)
  );
}
