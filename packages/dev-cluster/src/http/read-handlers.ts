import type { ApiCore } from "../registry/api-core.ts";
import { keyOf } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import type { ApiObject } from "../store/api-object.ts";
import { answerObject, partialObject } from "./answer-object.ts";
import type { Exchange } from "./exchange.ts";
import { type ListPage, listJson, listPage, parseVersion, tooNew } from "./list.ts";
import { checkListOptions } from "./list-options.ts";
import { type Format, negotiate } from "./media-types.ts";
import type { ResourcePath } from "./request-info.ts";
import { matcherOf } from "./selectors.ts";
import { tableOf } from "./tables/table.ts";
import { startWatch, type WatchView } from "./watch.ts";
import { yamlText } from "./yaml-text.ts";

/** Answers `get`. */
export async function getObject(
  core: ApiCore,
  exchange: Exchange,
  info: ResourceInfo,
  path: ResourcePath,
): Promise<void> {
  const version = parseVersion(exchange.query.get("resourceVersion") ?? "") ?? 0;
  if (version > core.store.version) throw tooNew(version, core.store.version);
  const entry = core.registry.get(info, keyOf(info, path.namespace, path.name));
  await core.conversions.prepare(info, [entry]);
  await answerObject(core, exchange, { code: 200, info, object: core.registry.read(info, entry) });
}

/** Answers `list`. */
export async function listObjects(
  core: ApiCore,
  exchange: Exchange,
  info: ResourceInfo,
  path: ResourcePath,
): Promise<void> {
  const { query } = exchange;
  checkListOptions(query);
  const format = negotiate(exchange.header("accept"), { streams: true });
  const matches = matcherOf(info, query);
  await prepareAll(core, info, path.namespace);
  const page = listPage(core, { info, namespace: path.namespace, query, matches });
  await core.conversions.prepare(info, page.entries);
  await core.store.settled();
  if (format.as) exchange.send(200, viewedList(core, info, { page, format, query }));
  else if (format.yaml) {
    exchange.sendText(200, await yamlText(listJson(core, info, page)), { "content-type": "application/yaml" });
  } else exchange.sendText(200, listJson(core, info, page), { "content-type": "application/json" });
}

function viewedList(
  core: ApiCore,
  info: ResourceInfo,
  { page, format, query }: { page: ListPage; format: Format; query: URLSearchParams },
): unknown {
  const objects = page.entries.map((entry) => core.registry.read(info, entry));
  const metadata = {
    resourceVersion: String(page.version),
    ...(page.continueToken === undefined ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  if (format.as === "Table")
    return { ...tableOf(info, objects, { query, version: metadata.resourceVersion }), metadata };
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    items: objects.length === 0 ? null : objects.map(partialObject),
  };
}

/** Has everything in a namespace, or everywhere, converted that is stored in another version. */
export async function prepareAll(core: ApiCore, info: ResourceInfo, namespace: string | undefined): Promise<void> {
  if (!info.custom?.conversion) return;
  await core.conversions.prepare(info, core.store.list(info.storage, namespace === undefined ? "" : `${namespace}/`));
}

/** Answers `watch`; resolves once the stream has begun. */
export async function watchObjects(
  core: ApiCore,
  exchange: Exchange,
  info: ResourceInfo,
  path: ResourcePath,
): Promise<void> {
  const { query } = exchange;
  checkListOptions(query);
  const format = negotiate(exchange.header("accept"), { streams: true });
  const matches = matcherOf(info, query, path.name);
  await prepareAll(core, info, path.namespace);
  startWatch(core, exchange, { info, namespace: path.namespace, matches, view: viewOf(info, format, query) });
}

function viewOf(info: ResourceInfo, format: Format, query: URLSearchParams): WatchView {
  const contentType = "application/json";
  if (format.as === "PartialObjectMetadata") return { contentType, transform: partialObject };
  if (format.as !== "Table") return { contentType };
  let isFirst = true;
  const transform = (object: ApiObject) => {
    const version = object.metadata.resourceVersion ?? "";
    const table = tableOf(info, [object], { query, version, withColumns: isFirst });
    isFirst = false;
    return table;
  };
  return { contentType, transform };
}
