import { randomUUID } from "node:crypto";
import { apiVersionOf } from "@moorage/kube-types";
import { CallError, postToWebhook } from "../admission/post-to-webhook.ts";
import { convertedForm, keepForm } from "../registry/converted-forms.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError } from "../status/api-error.ts";
import { type ApiObject, type Fields, fieldsAt, isApiObject, listAt, stringAt } from "../store/api-object.ts";
import type { Entry } from "../store/entry.ts";
import { cloneJson, deepFreeze, encodeJson } from "../store/json.ts";
import type { Store } from "../store/store.ts";

const timeoutMs = 30_000;
/** Objects of one request, together: webhooks and this server bound what they read. */
const batchBytes = 1024 * 1024;

/**
 * Asks conversion webhooks. The registry reads without waiting, so whoever is about to read or write in another version
 * than the stored one has the objects converted first.
 *
 * Source: "Webhook conversion" of the CRD documents.
 */
export class Conversions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Makes entries readable in the version of `info`. @throws ApiError where the webhook does not answer, or not sensibly */
  async prepare(info: ResourceInfo, entries: readonly (Entry | undefined)[]): Promise<void> {
    if (!info.custom?.conversion) return;
    const wanted = apiVersionOf(info);
    const missing = entries.filter((entry): entry is Entry => entry !== undefined && isToConvert(entry, wanted));
    // A request is about objects of one version.
    for (const group of Map.groupBy(missing, ({ object }) => object.apiVersion).values()) {
      for (const batch of batchesOf(group)) await this.#prepareBatch(info, batch, wanted);
    }
  }

  async #prepareBatch(info: ResourceInfo, batch: readonly Entry[], wanted: string): Promise<void> {
    const objects = batch.map(({ object }) => object);
    const converted = await this.#convert(info, objects, wanted);
    for (const [index, entry] of batch.entries()) {
      const form = converted[index];
      if (form) keepForm(entry, deepFreeze(form));
    }
  }

  /** An object that is about to be stored, in the version that is stored; undefined where that needs no webhook. */
  async toStored(info: ResourceInfo, object: ApiObject): Promise<ApiObject | undefined> {
    if (!info.custom?.conversion || object.apiVersion === info.storageApiVersion) return undefined;
    const [stored] = await this.#convert(info, [object], info.storageApiVersion);
    return stored;
  }

  async #convert(info: ResourceInfo, objects: readonly ApiObject[], desiredAPIVersion: string): Promise<ApiObject[]> {
    const uid = randomUUID();
    const review = {
      kind: "ConversionReview",
      apiVersion: "apiextensions.k8s.io/v1",
      request: { uid, desiredAPIVersion, objects },
    };
    try {
      const target = { client: info.custom?.conversion ?? {}, timeoutMs };
      const answer = await postToWebhook(target, encodeJson(review), this.#addressOf);
      return convertedObjects(fieldsAt(answer, "response") ?? {}, { objects, desiredAPIVersion, uid });
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const kind = `${objects[0]?.apiVersion}, Kind=${info.kind}`;
      throw new ApiError(500, "", `conversion webhook for ${kind} failed: ${error.message}`);
    }
  }

  readonly #addressOf = (namespace: string, name: string): string | undefined =>
    stringAt(this.#store.get("services", `${namespace}/${name}`)?.object, "spec", "clusterIP");
}

function isToConvert(entry: Entry, apiVersion: string): boolean {
  return entry.object.apiVersion !== apiVersion && !convertedForm(entry, apiVersion);
}

function* batchesOf(entries: readonly Entry[]): Generator<readonly Entry[]> {
  let batch: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = entry.json.length;
    if (batch.length > 0 && bytes + size > batchBytes) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

interface Asked {
  readonly objects: readonly ApiObject[];
  readonly desiredAPIVersion: string;
  readonly uid: string;
}

/** @throws CallError for an answer that does not fit the question. */
function convertedObjects(response: Fields, { objects, desiredAPIVersion, uid }: Asked): ApiObject[] {
  if (response["uid"] !== uid) throw new CallError(`expected response.uid=${JSON.stringify(uid)}`);
  if (stringAt(response, "result", "status") !== "Success") {
    throw new CallError(stringAt(response, "result", "message") ?? "the webhook says that it failed");
  }
  const converted = listAt(response, "convertedObjects");
  if (converted.length !== objects.length) {
    throw new CallError(`expected ${objects.length} converted objects, got ${converted.length}`);
  }
  return converted.map((item, index) => {
    const original = objects[index];
    if (!original || !isApiObject(item) || item.apiVersion !== desiredAPIVersion || item.kind !== original.kind) {
      throw new CallError(`response.convertedObjects[${index}] is no ${original?.kind} of ${desiredAPIVersion}`);
    }
    return withOwnMetadata(item, original);
  });
}

/** A webhook may change labels and annotations, and nothing else of the metadata. */
function withOwnMetadata(item: ApiObject, { metadata }: ApiObject): ApiObject {
  const { labels, annotations } = item.metadata;
  const { labels: _labels, annotations: _annotations, ...own } = cloneJson(metadata);
  return { ...item, metadata: { ...own, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) } };
}
