import type { AdmissionView } from "../admission/webhooks.ts";
import { applyJsonPatch } from "../patch/json-patch.ts";
import { applyMergePatch } from "../patch/merge-patch.ts";
import { keyOf } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { badRequest, invalid, methodNotSupported } from "../status/api-error.ts";
import { invalidValue } from "../status/field-errors.ts";
import { type ApiObject, ensureFields, type Fields, isFields, valueAt } from "../store/api-object.ts";
import { cloneJson } from "../store/json.ts";
import type { ApiServerParts } from "./api-server.ts";
import { parseJson, readFields } from "./decode-body.ts";
import type { Exchange } from "./exchange.ts";
import { selectorText } from "./tables/columns.ts";
import { finishUpdate, retryStale, type Target } from "./write-handlers.ts";
import { writeOptions } from "./write-options.ts";

/** Where the scale subresource finds its numbers in an object. */
interface ScalePaths {
  readonly specReplicas: string[];
  readonly statusReplicas: string[];
  /** A selector as text, empty where a custom kind names none; undefined where `spec.selector` is a label selector. */
  readonly selector?: string[];
}

function pathsOf(info: ResourceInfo): ScalePaths {
  const scale = info.custom?.scale;
  if (!scale) return { specReplicas: ["spec", "replicas"], statusReplicas: ["status", "replicas"] };
  const steps = (path: string) => path.split(".").filter((step) => step !== "");
  return {
    specReplicas: steps(scale.specReplicasPath),
    statusReplicas: steps(scale.statusReplicasPath),
    selector: steps(scale.labelSelectorPath ?? ""),
  };
}

/** The object as an `autoscaling/v1` Scale. */
function scaleOf(info: ResourceInfo, object: ApiObject): ApiObject {
  const paths = pathsOf(info);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = valueAt(object, ...paths.specReplicas);
  const selector = selectorOf(object, paths);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: {
      replicas: valueAt(object, ...paths.statusReplicas) ?? 0,
      ...(selector && selector !== "<none>" ? { selector } : {}),
    },
  };
}

function selectorOf(object: ApiObject, { selector }: ScalePaths): unknown {
  if (!selector) return selectorText(valueAt(object, "spec", "selector"));
  return selector.length === 0 ? undefined : valueAt(object, ...selector);
}

/** What webhooks see of a scaled object. */
function viewOf(info: ResourceInfo): AdmissionView {
  return { kind: { group: "autoscaling", version: "v1", kind: "Scale" }, show: (object) => scaleOf(info, object) };
}

/** Answers `get`, `update` and `patch` of the scale subresource. */
export async function handleScale(parts: ApiServerParts, exchange: Exchange, { info, path }: Target): Promise<void> {
  const { core } = parts;
  const key = keyOf(info, path.namespace, path.name);
  const read = () => core.registry.read(info, core.registry.get(info, key));
  if (path.verb === "get") {
    await core.conversions.prepare(info, [core.registry.get(info, key)]);
    const scale = scaleOf(info, read());
    await core.store.settled();
    exchange.send(200, scale);
    return;
  }
  if (path.verb !== "update" && path.verb !== "patch") throw methodNotSupported(info, path.verb);
  const change = await readChange(exchange, path.verb);
  const options = writeOptions(exchange, "scale");
  const updated = await retryStale(true, async () => {
    const entry = core.registry.get(info, key);
    await core.conversions.prepare(info, [entry]);
    const scale = change(scaleOf(info, core.registry.read(info, entry)));
    const next = cloneJson(core.registry.read(info, entry));
    setReplicas(next, info, replicasOf(info, scale));
    next.metadata.resourceVersion = String(valueAt(scale, "metadata", "resourceVersion") ?? entry.version);
    return finishUpdate(parts, core.registry.prepareUpdate(info, entry, next, options), viewOf(info));
  });
  await core.store.settled();
  exchange.send(200, scaleOf(info, updated));
}

async function readChange(exchange: Exchange, verb: string): Promise<(scale: Fields) => unknown> {
  if (verb === "update") {
    const body = await readFields(exchange, "Scale");
    return () => body;
  }
  const patch = parseJson(await exchange.body(), (fault) => badRequest(`error decoding patch: ${fault}`));
  const apply = exchange.contentType === "application/json-patch+json" ? applyJsonPatch : applyMergePatch;
  return (scale) => apply(scale, patch);
}

function replicasOf(info: ResourceInfo, scale: unknown): number {
  const replicas = valueAt(scale, "spec", "replicas") ?? 0;
  if (typeof replicas === "number" && Number.isInteger(replicas) && replicas >= 0) return replicas;
  throw invalid(
    { group: "autoscaling", kind: "Scale", name: String(valueAt(scale, "metadata", "name") ?? info.kind) },
    [invalidValue("spec.replicas", replicas, "must be greater than or equal to 0")],
  );
}

function setReplicas(object: ApiObject, info: ResourceInfo, replicas: number): void {
  const steps = pathsOf(info).specReplicas;
  const last = steps.at(-1);
  let parent: Fields = object;
  for (const step of steps.slice(0, -1)) parent = ensureFields(parent, step);
  if (last !== undefined && isFields(parent)) parent[last] = replicas;
}
