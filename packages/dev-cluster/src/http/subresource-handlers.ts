import { randomUUID } from "node:crypto";
import { rfc3339Seconds } from "@moorage/kube-types";
import { trackUpdate } from "../apply/track-update.ts";
import { builtInSchema } from "../openapi/compile-schema.ts";
import { issuer } from "../pki/token-issuer.ts";
import { bindPod } from "../registry/local-api.ts";
import { keyOf } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError, badRequest, methodNotSupported, notFound } from "../status/api-error.ts";
import { type Fields, fieldsAt, isStrings, stringAt, valueAt } from "../store/api-object.ts";
import type { ApiServerParts } from "./api-server.ts";
import { readFields } from "./decode-body.ts";
import { evictPod } from "./eviction.ts";
import type { Exchange } from "./exchange.ts";
import { patchObject } from "./patch-handler.ts";
import { streamPodLogs } from "./pod-logs.ts";
import { getObject } from "./read-handlers.ts";
import { handleScale } from "./scale.ts";
import { type Target, updateObject } from "./write-handlers.ts";
import { writeOptions } from "./write-options.ts";

type Handler = (parts: ApiServerParts, exchange: Exchange, target: Target) => Promise<void>;

/** Subresources that read and write the object itself; the registry keeps the other parts as they are. */
const objectViews = new Set(["status", "finalize", "approval", "resize", "ephemeralcontainers"]);

const handlers: Readonly<Record<string, Handler>> = {
  "pods/binding": createBinding,
  "pods/eviction": evictPod,
  "pods/log": streamPodLogs,
  "serviceaccounts/token": createToken,
};

/** Answers a request to a subresource. Those that need an upgraded connection are in pod-streams.ts. */
export async function handleSubresource(parts: ApiServerParts, exchange: Exchange, target: Target): Promise<void> {
  const { info, path } = target;
  const { subresource, resource } = path;
  const isListed = info.subresources.has(subresource);
  if (!isListed) throw new ApiError(404, "NotFound", "the server could not find the requested resource", {});
  const handler = handlers[`${resource}/${subresource}`];
  if (handler) return handler(parts, exchange, target);
  if (subresource === "scale") return handleScale(parts, exchange, target);
  if (!objectViews.has(subresource)) throw methodNotSupported(info, path.verb);
  switch (path.verb) {
    case "get":
      return getObject(parts.core, exchange, info, path);
    case "update":
      return updateObject(parts, exchange, target);
    case "patch":
      return patchObject(parts, exchange, target);
    default:
      throw methodNotSupported(info, path.verb);
  }
}

async function createBinding({ core }: ApiServerParts, exchange: Exchange, { info, path }: Target): Promise<void> {
  const body = await readFields(exchange, "Binding");
  const nodeName = stringAt(body, "target", "name") ?? "";
  if (nodeName === "") throw badRequest("target.name: Required value: name the node that the pod is to run on");
  const key = { namespace: path.namespace ?? "", name: path.name };
  bindPod(core, info, key, { nodeName, options: writeOptions(exchange) });
  await core.store.settled();
  exchange.send(201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}

async function createToken(parts: ApiServerParts, exchange: Exchange, { info, path }: Target): Promise<void> {
  const request = await readFields(exchange, "TokenRequest");
  const namespace = path.namespace ?? "";
  if (!parts.core.registry.find(info, keyOf(info, namespace, path.name))) throw notFound(info, path.name);
  const spec = fieldsAt(request, "spec") ?? {};
  const audiences = isStrings(spec["audiences"]) ? spec["audiences"] : [];
  const expirationSeconds = valueAt(spec, "expirationSeconds") ?? defaultTokenSeconds;
  const bound = fieldsAt(spec, "boundObjectRef");
  const status = parts.createToken(
    { namespace, name: path.name },
    {
      audiences,
      ...(typeof expirationSeconds === "number" ? { expirationSeconds } : {}),
      ...(bound ? boundTo(bound) : {}),
    },
  );
  const asked = {
    ...request,
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { ...fieldsAt(request, "metadata"), name: path.name, namespace },
    spec: { ...spec, expirationSeconds },
  };
  const kind = { group: "authentication.k8s.io", version: "v1", kind: asked.kind };
  // The compiled types of account and token request are both in the core group's document.
  const tokenInfo: ResourceInfo = { ...info, ...kind, schema: builtInSchema("", info.version, kind) };
  // Go writes these two even where nobody has set them: what is below them is new, they are not.
  const blank = { ...asked, metadata: { name: path.name }, spec: { audiences: null, boundObjectRef: null } };
  trackUpdate({ info: tokenInfo, key: "", object: asked, old: blank, options: writeOptions(exchange, "token") });
  const shown = {
    ...asked.spec,
    audiences: audiences.length > 0 ? audiences : [issuer],
    boundObjectRef: bound ?? null,
  };
  const metadata = { ...asked.metadata, uid: randomUUID(), creationTimestamp: rfc3339Seconds(new Date()) };
  exchange.send(201, { ...asked, metadata, spec: shown, status });
}

const defaultTokenSeconds = 3600;

/** The object whose end is the token's end. @throws ApiError BadRequest */
function boundTo(reference: Fields): { pod?: BoundReference; secret?: BoundReference } {
  const kind = stringAt(reference, "kind") ?? "";
  const apiVersion = stringAt(reference, "apiVersion") ?? "";
  const named = { name: stringAt(reference, "name") ?? "", uid: stringAt(reference, "uid") ?? "" };
  if (apiVersion === "v1" && kind === "Pod") return { pod: named };
  if (apiVersion === "v1" && kind === "Secret") return { secret: named };
  const shown = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
  throw badRequest(`cannot bind token to object of type ${shown}, Kind=${kind}`);
}

interface BoundReference {
  name: string;
  uid: string;
}
