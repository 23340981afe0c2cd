import type { ApiObject } from "./api-object.ts";
import { decodeStored, deepFreeze, encodeJson } from "./json.ts";

/**
 * One version of one stored object.
 *
 * *Guarantees*: `json` and `object` say the same; the object is frozen and is decoded at most once;
 * the JSON is encoded once, however many readers and watchers get it.
 */
export class Entry {
  readonly key: string;
  readonly version: number;
  readonly json: string;
  #object: ApiObject | undefined;

  private constructor(key: string, version: number, json: string, object?: ApiObject) {
    this.key = key;
    this.version = version;
    this.json = json;
    this.#object = object;
  }

  /** Takes ownership of `object`, sets its `resourceVersion` and freezes it. */
  static seal(key: string, version: number, object: ApiObject): Entry {
    const { kind, apiVersion, metadata, ...content } = object;
    metadata.resourceVersion = String(version);
    // Kind and version first: lists leave them out of their items by cutting the head of the text off.
    const ordered: ApiObject = { kind, apiVersion, metadata, ...content };
    return new Entry(key, version, encodeJson(ordered), deepFreeze(ordered));
  }

  /** An entry as it was saved; the object is decoded when first asked for. */
  static saved(key: string, version: number, json: string): Entry {
    return new Entry(key, version, json);
  }

  get object(): ApiObject {
    this.#object ??= deepFreeze(decodeStored(this.json));
    return this.#object;
  }

  /** A copy that may be changed. */
  copy(): ApiObject {
    return decodeStored(this.json);
  }
}
