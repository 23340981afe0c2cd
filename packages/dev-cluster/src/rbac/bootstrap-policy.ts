import { documentText } from "../openapi/documents.ts";
import type { Catalog } from "../registry/catalog.ts";
import type { Registry } from "../registry/registry.ts";
import { isApiObject } from "../store/api-object.ts";

const caller = { name: "system:apiserver", groups: ["system:masters"] };

/** Creates the roles and bindings that every cluster starts with, where they are missing; changed ones are left alone. */
export function ensureBootstrapPolicy(registry: Registry, catalog: Catalog): void {
  const objects: unknown = JSON.parse(documentText("bootstrap-policy"));
  for (const object of Array.isArray(objects) ? objects : []) {
    if (!isApiObject(object) || isOfUpstreamController(object.metadata.name)) continue;
    const info = catalog.findKind(object.apiVersion, object.kind);
    if (!info || registry.find(info, object.metadata.name)) continue;
    registry.createNow(info, object, { caller, manager: "kube-apiserver" });
  }
}

/** Our controllers run in this process and need no roles. */
function isOfUpstreamController(name: string): boolean {
  return /^system:(controller:|kube-|legacy-|certificates)/.test(name);
}
