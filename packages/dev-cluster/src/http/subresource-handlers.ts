import { bindPod } from "../registry/local-api.ts";
import { keyOf } from "../registry/registry.ts";
import { ApiError, badRequest, methodNotSupported, notFound } from "../status/api-error.ts";
import { fieldsAt, isStrings, stringAt, valueAt } from "../store/api-object.ts";
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
  const account = parts.core.registry.find(info, keyOf(info, path.namespace, path.name));
  if (!account) throw notFound(info, path.name);
  const spec = fieldsAt(request, "spec") ?? {};
  const audiences = isStrings(spec["audiences"]) ? spec["audiences"] : [];
  const seconds = valueAt(spec, "expirationSeconds");
  const pod = fieldsAt(spec, "boundObjectRef");
  const issued = parts.createToken(
    { namespace: path.namespace ?? "", name: path.name },
    {
      audiences,
      ...(typeof seconds === "number" ? { expirationSeconds: seconds } : {}),
      ...(stringAt(pod, "kind") === "Pod"
        ? { pod: { name: stringAt(pod, "name") ?? "", uid: stringAt(pod, "uid") ?? "" } }
        : {}),
    },
  );
  const metadata = {
    name: path.name,
    namespace: path.namespace,
    creationTimestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
  };
  const spoken = {
    audiences: audiences.length > 0 ? audiences : ["https://kubernetes.default.svc"],
    expirationSeconds: seconds ?? 3600,
    boundObjectRef: pod ?? null,
  };
  exchange.send(201, {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata,
    spec: spoken,
    status: issued,
  });
}
