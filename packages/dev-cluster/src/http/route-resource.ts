import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError, methodNotSupported } from "../status/api-error.ts";
import type { ApiServerParts } from "./api-server.ts";
import type { Exchange } from "./exchange.ts";
import { patchObject } from "./patch-handler.ts";
import { getObject, listObjects, watchObjects } from "./read-handlers.ts";
import type { ResourcePath } from "./request-info.ts";
import { answerUnknownPath } from "./route-plain.ts";
import { handleSubresource } from "./subresource-handlers.ts";
import { answerVirtual, isVirtual } from "./virtual-resources.ts";
import { createObject, deleteCollection, deleteObject, updateObject } from "./write-handlers.ts";

/** The answer to a path that names no resource, in the two forms that the real server has. */
function resourceNotFound(): ApiError {
  return new ApiError(404, "NotFound", "the server could not find the requested resource", {});
}

/** Finds the resource of a path. @throws ApiError NotFound */
function resourceOf({ core }: ApiServerParts, path: ResourcePath): ResourceInfo {
  const info = core.catalog.find(path.group, path.version, path.resource);
  if (!info) throw resourceNotFound();
  if (!info.namespaced && path.namespace !== undefined) throw resourceNotFound();
  return info;
}

/** Answers one request to a resource. */
export async function routeResource(parts: ApiServerParts, exchange: Exchange, path: ResourcePath): Promise<void> {
  if (!parts.core.catalog.isServedGroup(path.group)) {
    answerUnknownPath(exchange);
    return;
  }
  const info = resourceOf(parts, path);
  const deprecation = info.custom?.deprecationWarning;
  if (deprecation !== undefined) exchange.warnings.push(deprecation);
  const target = { info, path };
  if (path.subresource !== "") return handleSubresource(parts, exchange, target);
  checkPlace(info, path);
  if (isVirtual(info)) {
    if (path.verb === "create") return answerVirtual(parts, exchange, target);
    // Nothing is served below a question's own path.
    throw path.name === "" ? methodNotAllowed() : resourceNotFound();
  }
  if (!info.verbs.includes(path.verb)) throw methodNotSupported(info, path.verb);
  switch (path.verb) {
    case "get":
      return getObject(parts.core, exchange, info, path);
    case "list":
      return listObjects(parts.core, exchange, info, path);
    case "watch":
      return watchObjects(parts.core, exchange, info, path);
    case "create":
      return createObject(parts, exchange, target);
    case "update":
      return updateObject(parts, exchange, target);
    case "patch":
      return patchObject(parts, exchange, target);
    case "delete":
      return deleteObject(parts, exchange, target);
    case "deletecollection":
      return deleteCollection(parts, exchange, target);
    default:
      throw methodNotAllowed();
  }
}

function methodNotAllowed(): ApiError {
  return new ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

/** Creations go to the collection, everything about one object to its name. */
function checkPlace(info: ResourceInfo, { verb, name, namespace }: ResourcePath): void {
  const needsName = ["get", "update", "patch", "delete"].includes(verb);
  const misplaced = (verb === "create" && name !== "") || (needsName && name === "");
  const needsNamespace = info.namespaced && namespace === undefined && !["list", "watch"].includes(verb);
  if (misplaced || needsNamespace) throw methodNotAllowed();
}
