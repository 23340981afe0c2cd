import type { LocalRequest, LocalResponse } from "@moorage/kube-client";
import type { KubeObject } from "@moorage/kube-types";
import { isRecord } from "../../json.ts";
import { type Author, MemoryStore, Refusal, type StoredEvent } from "./memory-store.ts";

/** What to do wrong. */
export interface Faults {
  /** Fails the next requests that it says so for: an HTTP status, or `reset`. */
  refuse?: (method: string, path: string) => number | "reset" | undefined;
}

interface Call {
  method: string;
  plural: string;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string;
  query: URLSearchParams;
}

const json = { "content-type": "application/json" };

/** An API server in memory that can misbehave. */
export class MemoryApi {
  readonly store = new MemoryStore();
  readonly faults: Faults = {};
  /** `METHOD plural[/subresource]` of every request; watches are `WATCH plural`. */
  readonly requests: string[] = [];
  readonly #watches = new Set<LocalResponse>();

  /** Breaks every watch, as a load balancer does. */
  cutWatches(): void {
    for (const watch of [...this.#watches]) watch.break();
  }

  readonly serve = (request: LocalRequest, response: LocalResponse): void => {
    const call = callOf(request);
    this.requests.push(
      `${call.query.get("watch") ? "WATCH" : call.method} ${call.plural}${call.subresource && `/${call.subresource}`}`,
    );
    const fault = this.faults.refuse?.(call.method, request.path);
    if (fault === "reset") {
      response.break();
      return;
    }
    try {
      if (fault !== undefined) throw new Refusal(fault, "Injected", "an injected fault");
      if (call.query.get("watch")) this.#watch(call, response);
      else respond(response, 200, this.#answer(call, request));
    } catch (error) {
      const { code, reason, message } =
        error instanceof Refusal ? error : new Refusal(500, "InternalError", String(error));
      respond(response, code, {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        code,
        reason,
        message,
      });
    }
  };

  #answer(call: Call, request: LocalRequest): unknown {
    const body: unknown = request.body === "" ? undefined : JSON.parse(request.body);
    const type = request.headers["content-type"] ?? "";
    const { plural, name } = call;
    const key = keyOf(call);
    if (call.method === "GET" && !name) {
      return {
        kind: "List",
        apiVersion: "v1",
        metadata: { resourceVersion: String(this.store.version) },
        items: this.#list(call),
      };
    }
    if (call.method === "GET") return this.#get(plural, key);
    if (call.method === "DELETE") return this.store.delete(plural, key, preconditionsOf(body)) ?? {};
    const author = authorOf(call, type);
    if (call.method === "POST") return this.store.create(plural, nameIn(call, body), objectOf(body), author);
    if (type.startsWith("application/apply-patch")) return this.store.apply(plural, key, objectOf(body), author);
    return this.#mergePatch(plural, key, body, author);
  }

  #list({ plural, namespace }: Call): KubeObject[] {
    return this.store.list(plural).filter((object) => isIn(object, namespace));
  }

  #get(plural: string, key: string): KubeObject {
    const found = this.store.find(plural, key);
    if (!found) throw new Refusal(404, "NotFound", `${plural} "${key}" not found`);
    return found;
  }

  #mergePatch(plural: string, key: string, patch: unknown, author: Author): KubeObject {
    const live = this.#get(plural, key);
    const metadata = isRecord(patch) && isRecord(patch["metadata"]) ? patch["metadata"] : {};
    const { resourceVersion, uid } = metadata;
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion)
      throw new Refusal(409, "Conflict", "stale");
    if (uid !== undefined && uid !== live.metadata.uid) throw new Refusal(409, "Conflict", "uid mismatch");
    return this.store.write(plural, key, (object) => objectOf(mergePatch(object, patch)), author);
  }

  #watch(call: Call, response: LocalResponse): void {
    const from = Number(call.query.get("resourceVersion") ?? Number.NaN);
    if (!Number.isNaN(from) && from < this.store.compactedTo)
      throw new Refusal(410, "Expired", "too old resource version");
    response.start(200, json);
    this.#watches.add(response);
    const send = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);
    const concerns = ({ plural, object }: StoredEvent) => plural === call.plural && isIn(object, call.namespace);
    if (call.query.get("sendInitialEvents")) {
      for (const object of this.#list(call)) send("ADDED", object);
      const annotations = { "k8s.io/initial-events-end": "true" };
      send("BOOKMARK", { metadata: { resourceVersion: String(this.store.version), annotations } });
    } else {
      for (const event of this.store.history)
        if (concerns(event) && event.version > from) send(event.type, event.object);
    }
    const end = this.store.onEvent((event) => {
      if (concerns(event)) send(event.type, event.object);
    });
    response.onClose(() => {
      end();
      this.#watches.delete(response);
    });
  }
}

function respond(response: LocalResponse, statusCode: number, body: unknown): void {
  response.start(statusCode, json);
  response.write(JSON.stringify(body));
  response.end();
}

function callOf(request: LocalRequest): Call {
  const url = new URL(request.path, "http://localhost");
  const parts = url.pathname.split("/").filter((part) => part !== "");
  const rest = parts.slice(parts[0] === "api" ? 2 : 3);
  const namespace = rest[0] === "namespaces" && rest.length > 2 ? rest[1] : undefined;
  const [plural = "", name, subresource = ""] = namespace ? rest.slice(2) : rest;
  return { method: request.method, plural, namespace, name, subresource, query: url.searchParams };
}

function isIn(object: KubeObject, namespace: string | undefined): boolean {
  return namespace === undefined || object.metadata.namespace === namespace;
}

function keyOf({ namespace, name }: Call): string {
  return namespace ? `${namespace}/${name}` : (name ?? "");
}

function nameIn(call: Call, body: unknown): string {
  return keyOf({ ...call, name: objectOf(body).metadata.name });
}

function authorOf({ query, subresource }: Call, type: string): Author {
  const operation = type.startsWith("application/apply-patch") ? "Apply" : "Update";
  return {
    manager: query.get("fieldManager") ?? "unknown",
    operation,
    subresource: subresource === "status" ? "status" : "",
    force: query.get("force") === "true",
  };
}

function objectOf(body: unknown): KubeObject {
  if (!isRecord(body) || !isRecord(body["metadata"])) throw new Refusal(400, "BadRequest", "no object");
  return body as unknown as KubeObject;
}

function preconditionsOf(body: unknown): { uid?: string } {
  const preconditions = isRecord(body) && isRecord(body["preconditions"]) ? body["preconditions"] : {};
  return typeof preconditions["uid"] === "string" ? { uid: preconditions["uid"] } : {};
}

function mergePatch(value: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(value) ? { ...value } : {};
  for (const [field, part] of Object.entries(patch)) {
    if (part === null) delete merged[field];
    else merged[field] = mergePatch(merged[field], part);
  }
  return merged;
}
