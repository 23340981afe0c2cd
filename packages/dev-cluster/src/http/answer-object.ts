import type { ApiCore } from "../registry/api-core.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import type { ApiObject } from "../store/api-object.ts";
import { encodeJson } from "../store/json.ts";
import type { Exchange } from "./exchange.ts";
import { negotiate } from "./media-types.ts";
import { tableOf } from "./tables/table.ts";
import { yamlText } from "./yaml-text.ts";

/** An object reduced to its metadata. */
export function partialObject(object: ApiObject): unknown {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

/** Answers with one object in the format that the client accepts, once everything written so far is saved. */
export async function answerObject(
  core: ApiCore,
  exchange: Exchange,
  { code, info, object }: { code: number; info: ResourceInfo; object: ApiObject },
): Promise<void> {
  const format = negotiate(exchange.header("accept"));
  await core.store.settled();
  if (format.as === "Table")
    exchange.send(
      code,
      tableOf(info, [object], { query: exchange.query, version: object.metadata.resourceVersion ?? "" }),
    );
  else if (format.as === "PartialObjectMetadata") exchange.send(code, partialObject(object));
  else await answerText(exchange, code, { yaml: format.yaml, json: storedJson(core, info, object) });
}

async function answerText(
  exchange: Exchange,
  code: number,
  { yaml, json }: { yaml: boolean; json: string },
): Promise<void> {
  if (yaml) exchange.sendText(code, await yamlText(json), { "content-type": "application/yaml" });
  else exchange.sendText(code, json, { "content-type": "application/json" });
}

/** The text that the store holds, when it holds this very object. */
function storedJson(core: ApiCore, info: ResourceInfo, object: ApiObject): string {
  const { namespace, name } = object.metadata;
  const entry = core.store.get(info.storage, info.namespaced ? `${namespace ?? ""}/${name}` : name);
  return entry && entry.object === object ? entry.json : encodeJson(object);
}
