import { apiVersionOf, type KubeList, type KubeObject, type ResourceType } from "@moorage/kube-types";
import type { Dispatcher } from "undici";
import type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  ListOptions,
  PatchOptions,
  Selection,
  WriteOptions,
} from "./call-options.ts";
import type { ClusterConfig } from "./config/cluster-config.ts";
import { decodeList, decodeObject, parseAnswer } from "./decode.ts";
import { isNotFound } from "./kube-api-error.ts";
import { describeObject, type ObjectKey, resourcePath } from "./resource-path.ts";
import type { ApiRequest, Query } from "./transport/api-request.ts";
import type { LocalServer } from "./transport/local-server.ts";
import type { Throttle } from "./transport/token-bucket.ts";
import { type Observation, Transport } from "./transport/transport.ts";

export interface ClientOptions {
  cluster: ClusterConfig;
  /** Owner of the fields that this client writes. Default `moorage`. */
  fieldManager?: string;
  /** Default `moorage`. */
  userAgent?: string;
  /** Client-side throttling. Default none: the server's priority and fairness decide. */
  throttle?: Throttle;
  /** Called after every HTTP request, retries included. */
  onRequest?: (observation: Observation) => void;
  /** Reaches a server in this process, instead of connecting to `cluster.server`. */
  localServer?: LocalServer | undefined;
  /** Asked right before a write goes out; throws to keep it from going. */
  beforeWrite?: () => void;
}

const patchContentTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

const pageSize = 500;

/**
 * A client for one API server, for any kind.
 *
 * *Guarantees*: objects are plain JSON exactly as the server sent them; every failure is a `KubeApiError`; one pool
 * of connections for calls, one for streams.
 * *Caveats*: it has no cache; controllers read through theirs.
 */
export class Client {
  readonly cluster: ClusterConfig;
  readonly fieldManager: string;
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.cluster = options.cluster;
    this.fieldManager = options.fieldManager ?? "moorage";
    this.#transport = new Transport({ ...options, userAgent: options.userAgent ?? "moorage" });
  }

  /** @throws KubeApiError; `isNotFound()` tells that there is none. */
  async get<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options: CallOptions & { subresource?: string; metadataOnly?: boolean } = {},
  ): Promise<T> {
    const { subresource, metadataOnly, ...call } = options;
    const accept = metadataOnly ? metadataAccept("PartialObjectMetadata") : undefined;
    const path = resourcePath(type, { ...key, subresource });
    return this.#object(type, { attempt: `get ${describeObject(type, key)}`, method: "GET", path, accept, ...call });
  }

  /** Like `get`, but undefined when there is none. */
  async find<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options: CallOptions = {},
  ): Promise<T | undefined> {
    return this.get(type, key, options).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      return undefined;
    });
  }

  /** One page, or everything when no `limit` is given. */
  async list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    const { signal, timeoutMs, namespace, metadataOnly, ...query } = options;
    const attempt = `list ${describeObject(type, { namespace })}`;
    const accept = metadataOnly ? metadataAccept("PartialObjectMetadataList") : undefined;
    const path = resourcePath(type, { namespace });
    const text = await this.#transport.call({ attempt, method: "GET", path, query, accept, signal, timeoutMs });
    return decodeList(type, parseAnswer(text, attempt), attempt);
  }

  /** Every page of a list, 500 objects each unless `limit` says otherwise. All pages are of one moment. */
  async *pages<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): AsyncGenerator<KubeList<T>> {
    let next: string | undefined = options.continue;
    do {
      const query: ListOptions = { ...options, limit: options.limit ?? pageSize, continue: next };
      // A continue token holds the resourceVersion; the server refuses both.
      if (next) delete query.resourceVersion;
      const page = await this.list(type, query);
      yield page;
      next = page.metadata.continue;
    } while (next);
  }

  async create<T extends KubeObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const place = { ...placeOf(type, object), subresource: options.subresource };
    // A subresource is created below its object (`serviceaccounts/web/token`), an object in its collection.
    const path = resourcePath(type, options.subresource ? place : { namespace: place.namespace });
    return this.#write(type, object, {
      method: "POST",
      path,
      attempt: `create ${describeObject(type, place)}`,
      options,
    });
  }

  /** Replaces the object. With a `resourceVersion` in it the server refuses to overwrite a newer one. */
  async update<T extends KubeObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const place = { ...placeOf(type, object), subresource: options.subresource };
    const attempt = `update ${describeObject(type, place)}`;
    return this.#write(type, object, { method: "PUT", path: resourcePath(type, place), attempt, options });
  }

  /**
   * Server-side apply: creates the object or makes its fields as given; fields that this manager gave before and
   * leaves out now are removed. `managedFields` must not be in it; a `uid` in it must be the stored one.
   */
  async apply<T extends KubeObject>(type: ResourceType<T>, object: T, options: ApplyOptions = {}): Promise<T> {
    const { force = true, ...write } = options;
    const place = { ...placeOf(type, object), subresource: options.subresource };
    return this.#write(type, object, {
      method: "PATCH",
      path: resourcePath(type, place),
      attempt: `apply ${describeObject(type, place)}`,
      options: write,
      contentType: "application/apply-patch+yaml",
      query: { force },
      idempotent: true,
    });
  }

  async patch<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: unknown,
    options: PatchOptions,
  ): Promise<T> {
    const { patchType, ...write } = options;
    return this.#write(type, patch, {
      method: "PATCH",
      path: resourcePath(type, { ...key, subresource: options.subresource }),
      attempt: `patch ${describeObject(type, key)}`,
      options: write,
      contentType: patchContentTypes[patchType],
    });
  }

  /** Asks for deletion; with finalizers or a grace period the object may stay for a while. */
  async delete(type: ResourceType, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const attempt = `delete ${describeObject(type, key)}`;
    await this.#transport.call({ ...deletion(options), attempt, path: resourcePath(type, key) });
  }

  /** Asks for the deletion of every selected object. */
  async deleteCollection(type: ResourceType, selection: Selection, options: DeleteOptions = {}): Promise<void> {
    const { namespace, ...query } = selection;
    const attempt = `delete ${describeObject(type, { namespace })}`;
    await this.#transport.call({ ...deletion(options), attempt, path: resourcePath(type, { namespace }), query });
  }

  /** Any request: discovery, health, `/metrics`, a subresource of another shape. @returns the answer's text. */
  async raw(request: Omit<ApiRequest, "attempt"> & { attempt?: string }): Promise<string> {
    return this.#transport.call({ ...request, attempt: request.attempt ?? `${request.method} ${request.path}` });
  }

  /** Opens a stream, for example a log or a watch. The caller reads or destroys the body. */
  async stream(
    request: Omit<ApiRequest, "attempt"> & { attempt?: string; signal: AbortSignal },
  ): Promise<Dispatcher.ResponseData> {
    return this.#transport.stream({ ...request, attempt: request.attempt ?? `${request.method} ${request.path}` });
  }

  /** Breaks off everything that runs and closes every connection. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #write<T extends KubeObject>(
    type: ResourceType<T>,
    body: unknown,
    write: Pick<ApiRequest, "method" | "path" | "attempt" | "contentType" | "query" | "idempotent"> & {
      options: WriteOptions;
    },
  ): Promise<T> {
    const { options, ...request } = write;
    const { signal, timeoutMs, dryRun, fieldManager = this.fieldManager, fieldValidation } = options;
    const query: Query = { ...write.query, fieldManager, fieldValidation, ...(dryRun && { dryRun: "All" }) };
    return this.#object(type, { ...request, body, query, signal, timeoutMs });
  }

  async #object<T extends KubeObject>(type: ResourceType<T>, request: ApiRequest): Promise<T> {
    const text = await this.#transport.call(request);
    return decodeObject(type, parseAnswer(text, request.attempt), request.attempt);
  }
}

function metadataAccept(kind: string): string {
  return `application/json;as=${kind};g=meta.k8s.io;v=v1`;
}

function placeOf(type: ResourceType, object: KubeObject): ObjectKey {
  const { namespace, name } = object.metadata;
  return type.namespaced ? { namespace, name } : { name };
}

function deletion(options: DeleteOptions): Pick<ApiRequest, "method" | "body" | "query" | "signal" | "timeoutMs"> {
  const { signal, timeoutMs, dryRun, ...rest } = options;
  const body = {
    kind: "DeleteOptions",
    apiVersion: apiVersionOf({ group: "", version: "v1" }),
    ...rest,
    ...(dryRun && { dryRun: ["All"] }),
  };
  return { method: "DELETE", body, signal, timeoutMs };
}
