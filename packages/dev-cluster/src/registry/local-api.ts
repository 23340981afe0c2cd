import { type KubeObject, matchesSelector, type ResourceType, rfc3339Seconds } from "@moorage/kube-types";
import type { ClusterApi, DeleteOptions, ObjectChange, ObjectKey } from "../cluster-api.ts";
import { conflict, notFound } from "../status/api-error.ts";
import { type ApiObject, ensureFields, isFields, listAt, stringAt } from "../store/api-object.ts";
import type { StoreEvent } from "../store/collection.ts";
import type { Entry } from "../store/entry.ts";
import { decodeStored, encodeJson } from "../store/json.ts";
import type { ApiCore } from "./api-core.ts";
import { isStorageVersion } from "./convert.ts";
import { keyOf, type WriteOptions } from "./registry.ts";
import type { ResourceInfo } from "./resource-info.ts";

/** What the in-process face needs besides the registry. */
export interface LocalApiParts {
  readonly endpoint: ClusterApi["endpoint"];
  readonly createToken: ClusterApi["createToken"];
  readonly createSecretToken: ClusterApi["createSecretToken"];
}

/** The field manager and user of the built-in controllers and the node, as in a real cluster. */
const defaultManager = "kube-controller-manager";
const caller = { name: "system:kube-controller-manager", groups: ["system:masters", "system:authenticated"] };

/** The registry without HTTP. Admission webhooks are not called: they are asynchronous, and this is not. */
export class LocalApi implements ClusterApi {
  readonly endpoint: ClusterApi["endpoint"];
  readonly createToken: ClusterApi["createToken"];
  readonly createSecretToken: ClusterApi["createSecretToken"];
  readonly #core: ApiCore;
  readonly #manager: string;

  constructor(core: ApiCore, parts: LocalApiParts, manager = defaultManager) {
    this.#core = core;
    this.#manager = manager;
    this.endpoint = parts.endpoint;
    this.createToken = parts.createToken;
    this.createSecretToken = parts.createSecretToken;
  }

  get<T extends KubeObject>(type: ResourceType<T>, { namespace, name }: ObjectKey): T | undefined {
    const info = this.#info(type);
    const entry = this.#core.registry.find(info, keyOf(info, namespace, name));
    return entry && this.#typed<T>(info, entry);
  }

  list<T extends KubeObject>(
    type: ResourceType<T>,
    { namespace, labels }: { namespace?: string; labels?: Parameters<typeof matchesSelector>[0] } = {},
  ): readonly T[] {
    const info = this.#info(type);
    const entries = this.#core.store.list(info.storage, namespace === undefined ? "" : `${namespace}/`);
    const chosen = labels ? entries.filter((entry) => matchesSelector(labels, entry.object.metadata.labels)) : entries;
    return chosen.map((entry) => this.#typed<T>(info, entry));
  }

  create<T extends KubeObject>(type: ResourceType<T>, object: T): T {
    const info = this.#info(type);
    const { registry } = this.#core;
    return typed<T>(registry.createNow(info, received(object, info), this.#options()));
  }

  update<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    { subresource }: { subresource?: "status" | "finalize" } = {},
  ): T {
    const info = this.#info(type);
    const { registry } = this.#core;
    const { namespace, name } = object.metadata;
    const entry = registry.get(info, keyOf(info, namespace, name));
    const next = received(object, info);
    // Custom kinds refuse an update without a version; in process the caller may mean "whatever is there".
    next.metadata.resourceVersion ??= String(entry.version);
    const draft = registry.prepareUpdate(info, entry, next, this.#options(subresource));
    registry.admit(draft);
    return typed<T>(registry.commitUpdate(draft));
  }

  delete(type: ResourceType, { namespace, name }: ObjectKey, options: DeleteOptions = {}): void {
    const info = this.#info(type);
    this.#core.registry.delete(info, keyOf(info, namespace, name), options);
  }

  watch<T extends KubeObject>(type: ResourceType<T>, listener: (change: ObjectChange<T>) => void): () => void {
    const info = this.#info(type);
    const { store } = this.#core;
    // What is pending would otherwise be seen twice: in the first listing and as a change.
    store.flush();
    const seen = store.version;
    const { listeners } = store.collection(info.storage);
    const onEvent = (event: StoreEvent) => {
      if (event.version > seen) listener({ type: event.type, object: this.#typed<T>(info, event.entry) });
    };
    listeners.add(onEvent);
    for (const entry of store.list(info.storage)) listener({ type: "ADDED", object: this.#typed<T>(info, entry) });
    return () => listeners.delete(onEvent);
  }

  resourceTypes(): readonly ResourceType[] {
    const seen = new Set<string>();
    return this.#core.catalog.list().filter((info) => {
      if (seen.has(info.storage) || !info.verbs.includes("list")) return false;
      // In process nobody waits for a webhook: such kinds are read as they are stored.
      if (info.custom?.conversion && !isStorageVersion(info)) return false;
      seen.add(info.storage);
      return true;
    });
  }

  bindPod(key: ObjectKey, nodeName: string): void {
    const info = this.#core.catalog.find("", "v1", "pods");
    if (!info) throw notFound({ group: "", plural: "pods" }, key.name);
    bindPod(this.#core, info, key, { nodeName, options: { ...this.#options(), manager: "kube-scheduler" } });
  }

  #info(type: ResourceType): ResourceInfo {
    const info = this.#core.catalog.find(type.group, type.version, type.plural);
    if (!info) throw notFound({ group: type.group, plural: type.plural }, "");
    return info;
  }

  #typed<T extends KubeObject>(info: ResourceInfo, entry: Entry): T {
    return typed<T>(this.#core.registry.read(info, entry));
  }

  #options(subresource = ""): WriteOptions {
    return { caller, manager: this.#manager, subresource };
  }
}

/** The caller's type says what the kind looks like; the kind's schema has checked that it does. */
function typed<T extends KubeObject>(object: ApiObject): T {
  return object as KubeObject as T;
}

/** A copy that belongs to the registry. */
function received(object: KubeObject, info: ResourceInfo): ApiObject {
  const copy = decodeStored(encodeJson(object));
  copy.kind = info.kind;
  copy.apiVersion = info.group === "" ? info.version : `${info.group}/${info.version}`;
  return copy;
}

/** What `POST …/pods/NAME/binding` does. @throws ApiError Conflict when the pod is bound already. */
export function bindPod(
  { registry }: ApiCore,
  info: ResourceInfo,
  { namespace, name }: ObjectKey,
  { nodeName, options }: { nodeName: string; options: WriteOptions },
): void {
  const entry = registry.get(info, keyOf(info, namespace, name));
  const next = entry.copy();
  const spec = ensureFields(next, "spec");
  const bound = stringAt(spec, "nodeName");
  if (bound)
    throw conflict({ group: "", plural: "pods/binding" }, name, `pod ${name} is already assigned to node "${bound}"`);
  if (next.metadata.deletionTimestamp)
    throw conflict(
      { group: "", plural: "pods/binding" },
      name,
      `pod ${name} is being deleted, cannot be assigned to a host`,
    );
  spec["nodeName"] = nodeName;
  const status = ensureFields(next, "status");
  const others = listAt(status, "conditions").filter(
    (condition) => isFields(condition) && condition["type"] !== "PodScheduled",
  );
  const lastTransitionTime = rfc3339Seconds(new Date());
  status["conditions"] = [...others, { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime }];
  const draft = registry.prepareUpdate(info, entry, next, { ...options, subresource: "binding" });
  // Upstream assigns the node below the code that counts changes of the spec: a bound pod is still in its first generation.
  draft.object.metadata.generation = draft.old?.metadata.generation ?? 1;
  registry.commitUpdate(draft);
}
