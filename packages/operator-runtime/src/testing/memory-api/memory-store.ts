import { randomUUID } from "node:crypto";
import { findControllerOf, type KubeObject, type ManagedFieldsEntry } from "@moorage/kube-types";
import { canonicalJson, cloneJson, isRecord } from "../../json.ts";
import { fieldsOf, leavesOf, treeOf } from "./leaves.ts";

/** What happened at a version. */
export interface StoredEvent {
  version: number;
  type: "ADDED" | "MODIFIED" | "DELETED";
  plural: string;
  object: KubeObject;
}

type Owned = Map<string, Set<string>>;

interface Stored {
  object: KubeObject;
  /** Leaves by `manager operation subresource`. */
  owned: Owned;
}

/** Who writes, and how. */
export interface Author {
  manager: string;
  operation: "Apply" | "Update";
  subresource: "" | "status";
  /** For an apply: the leaves that it gives. */
  applied?: ReadonlySet<string>;
  /** For an apply: takes the fields of other managers. */
  force?: boolean;
}

/** A refusal, as HTTP status and reason. */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/**
 * The essence of an API server's storage, for tests that need thousands of them: versions, generation, finalizers,
 * field ownership, history, background garbage collection. No schemas, no admission.
 */
export class MemoryStore {
  readonly history: StoredEvent[] = [];
  readonly #objects = new Map<string, Stored>();
  readonly #listeners = new Set<(event: StoredEvent) => void>();
  #version = 1;
  /** Versions up to here are forgotten. */
  compactedTo = 0;
  /** Writes that changed something, by `verb plural`. */
  readonly writes: string[] = [];

  get version(): number {
    return this.#version;
  }

  /** Forgets the history: nobody can resume, however much they have seen. */
  compact(): void {
    this.#version += 1;
    this.compactedTo = this.#version;
    this.history.length = 0;
  }

  onEvent(listener: (event: StoredEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  list(plural: string): KubeObject[] {
    return [...this.#objects].filter(([id]) => id.startsWith(`${plural} `)).map(([, stored]) => view(stored));
  }

  find(plural: string, key: string): KubeObject | undefined {
    const stored = this.#objects.get(`${plural} ${key}`);
    return stored && view(stored);
  }

  create(plural: string, key: string, object: KubeObject, author: Author): KubeObject {
    if (this.#objects.has(`${plural} ${key}`))
      throw new Refusal(409, "AlreadyExists", `${plural} "${key}" already exists`);
    return this.write(plural, key, () => object, author);
  }

  /** Server-side apply. */
  apply(plural: string, key: string, config: KubeObject, author: Author): KubeObject {
    const before = this.#objects.get(`${plural} ${key}`);
    const { uid } = config.metadata;
    if (uid && uid !== before?.object.metadata.uid) throw new Refusal(409, "Conflict", "uid mismatch");
    const mine = before?.owned.get(text(author)) ?? new Set<string>();
    const given = leavesOf(ownable(config));
    const held = before && leavesOf(before.object);
    const conflicts = [...given].filter(
      ([path, value]) => ownedByOthers(before, author, path) && canonicalJson(held?.get(path)) !== canonicalJson(value),
    );
    if (!author.force && conflicts.length > 0)
      throw new Refusal(409, "Conflict", `Apply failed with ${conflicts.length} conflicts`);
    return this.write(
      plural,
      key,
      (live) => {
        const leaves = leavesOf(live);
        for (const path of mine) if (!given.has(path) && !ownedByOthers(before, author, path)) leaves.delete(path);
        for (const [path, value] of given) leaves.set(path, value);
        return merged(live, treeOf(leaves));
      },
      { ...author, applied: new Set(given.keys()) },
    );
  }

  /** Stores what `change` makes of the object, if it differs. */
  write(plural: string, key: string, change: (live: KubeObject) => KubeObject, author: Author): KubeObject {
    const id = `${plural} ${key}`;
    const before = this.#objects.get(id);
    if (!before && author.subresource) throw new Refusal(404, "NotFound", `${plural} "${key}" not found`);
    const live = before ? cloneJson(before.object) : newObject(key);
    const next = onlyChanged(live, change(cloneJson(live)), author);
    const owned = ownersAfter(before, { live, next }, author);
    const same =
      before &&
      canonicalJson(before.object) === canonicalJson(next) &&
      canonicalJson(ownersText(before.owned)) === canonicalJson(ownersText(owned));
    if (same) return view(before);
    if (canonicalJson(Reflect.get(live, "spec")) !== canonicalJson(Reflect.get(next, "spec")) && before) {
      next.metadata.generation = (live.metadata.generation ?? 1) + 1;
    }
    return this.#put(plural, id, { object: next, owned }, before ? "MODIFIED" : "ADDED");
  }

  delete(plural: string, key: string, preconditions: { uid?: string } = {}): void {
    const stored = this.#objects.get(`${plural} ${key}`);
    if (!stored) throw new Refusal(404, "NotFound", `${plural} "${key}" not found`);
    if (preconditions.uid && preconditions.uid !== stored.object.metadata.uid)
      throw new Refusal(409, "Conflict", "uid mismatch");
    const object = cloneJson(stored.object);
    object.metadata.deletionTimestamp ??= new Date().toISOString();
    this.#put(plural, `${plural} ${key}`, { ...stored, object }, "MODIFIED");
  }

  #put(plural: string, id: string, stored: Stored, type: "ADDED" | "MODIFIED"): KubeObject {
    this.#version += 1;
    stored.object.metadata.resourceVersion = String(this.#version);
    const { deletionTimestamp, finalizers } = stored.object.metadata;
    const gone = deletionTimestamp !== undefined && !finalizers?.length;
    if (gone) this.#objects.delete(id);
    else this.#objects.set(id, stored);
    this.writes.push(`${gone ? "DELETED" : type} ${plural}`);
    this.#tell({ version: this.#version, type: gone ? "DELETED" : type, plural, object: view(stored) });
    if (gone) this.#collect(stored.object.metadata.uid);
    return view(stored);
  }

  #collect(ownerUid: string | undefined): void {
    for (const [id, { object }] of [...this.#objects]) {
      if (findControllerOf(object)?.uid !== ownerUid) continue;
      const [plural = "", key = ""] = id.split(" ");
      setImmediate(() => {
        if (this.#objects.get(id)?.object.metadata.uid === object.metadata.uid) this.delete(plural, key);
      });
    }
  }

  #tell(event: StoredEvent): void {
    this.history.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

function view({ object, owned }: Stored): KubeObject {
  const managedFields = [...owned].flatMap(([key, paths]): ManagedFieldsEntry[] => {
    const [manager = "", operation = "", subresource = ""] = key.split(" ");
    if (paths.size === 0) return [];
    return [{ manager, operation, fieldsV1: fieldsOf(paths), ...(subresource && { subresource }) }];
  });
  return cloneJson({ ...object, metadata: { ...object.metadata, managedFields } });
}

function newObject(key: string): KubeObject {
  const slash = key.indexOf("/");
  const [namespace, name] = slash === -1 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
  const metadata = {
    name,
    ...(namespace && { namespace }),
    uid: randomUUID(),
    generation: 1,
    creationTimestamp: new Date().toISOString(),
  };
  return { apiVersion: "", kind: "", metadata };
}

/** `/status` writes nothing but status, and other writes everything but. */
function onlyChanged(live: KubeObject, changed: KubeObject, author: Author): KubeObject {
  const status: unknown = Reflect.get(author.subresource ? changed : live, "status");
  const base: KubeObject = author.subresource ? live : changed;
  const { name, namespace, uid, generation, creationTimestamp, deletionTimestamp } = live.metadata;
  const fixed = {
    name,
    namespace,
    uid,
    generation,
    creationTimestamp,
    ...(deletionTimestamp && { deletionTimestamp }),
  };
  const metadata = { ...base.metadata, ...fixed, resourceVersion: live.metadata.resourceVersion };
  delete metadata.managedFields;
  const next = {
    ...base,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
  };
  Reflect.deleteProperty(next, "status");
  return Object.assign(next, status === undefined ? {} : { status }) as unknown as KubeObject;
}

function merged(live: KubeObject, value: unknown): KubeObject {
  return isRecord(value) ? (value as unknown as KubeObject) : live;
}

/** An update takes what it changes from everybody; an apply owns what it gives, and takes what it changes. */
function ownersAfter(
  before: Stored | undefined,
  change: { live: KubeObject; next: KubeObject },
  author: Author,
): Owned {
  const now = leavesOf(ownable(change.next));
  const was = leavesOf(ownable(change.live));
  const changed = [...now]
    .filter(([path, value]) => canonicalJson(value) !== canonicalJson(was.get(path)))
    .map(([path]) => path);
  const owned: Owned = new Map();
  for (const [key, paths] of before?.owned ?? []) {
    owned.set(
      key,
      new Set([...paths].filter((path) => now.has(path) && (key === text(author) || !changed.includes(path)))),
    );
  }
  const { applied } = author;
  const mine = applied
    ? [...applied].filter((path) => now.has(path))
    : [...(owned.get(text(author)) ?? []), ...changed];
  owned.set(text(author), new Set(mine));
  return owned;
}

function ownable(object: KubeObject): Record<string, unknown> {
  const { apiVersion: _a, kind: _k, metadata, ...fields } = object;
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  const ownedMetadata = Object.fromEntries(
    Object.entries({ labels, annotations, finalizers, ownerReferences }).filter(([, v]) => v !== undefined),
  );
  return Object.keys(ownedMetadata).length > 0 ? { metadata: ownedMetadata, ...fields } : { ...fields };
}

function ownedByOthers(before: Stored | undefined, author: Author, path: string): boolean {
  return [...(before?.owned ?? [])].some(([key, paths]) => key !== text(author) && paths.has(path));
}

const text = ({ manager, operation, subresource }: Author) => `${manager} ${operation} ${subresource}`;
const ownersText = (owned: Owned) =>
  [...owned]
    .filter(([, paths]) => paths.size > 0)
    .map(([key, paths]) => [key, [...paths].sort()])
    .sort();
