import { apiVersionOf, type KubeObject } from "@moorage/kube-types";
import { canonicalJson, cloneJson, isRecord } from "../json.ts";
import type { Conversion } from "./conversion.ts";

/** A step of a conversion: from a spoke to the hub, or from the hub to a spoke. */
interface Step {
  run(object: KubeObject): KubeObject;
  /** The `apiVersion` that it leads to. */
  to: string;
}

/**
 * Converts one object, by way of the hub where neither version is the hub. `object` stays as it is; in the wanted
 * version already, it is what is returned.
 *
 * @throws Error that names the object, the versions and the reason; its cause is what a converter threw.
 */
export function convertObject(conversion: Conversion, object: KubeObject, desiredAPIVersion: string): KubeObject {
  const { metadata, apiVersion } = object;
  const name = [metadata.namespace, metadata.name || metadata.generateName].filter(Boolean).join("/");
  const fail = (why: string, cause?: unknown) =>
    new Error(
      `Cannot convert ${object.kind} "${name}" from ${versionOf(apiVersion)} to ${versionOf(desiredAPIVersion)}: ${why}`,
      { cause },
    );
  if (object.kind !== conversion.hub.kind) throw fail(`this converts ${conversion.hub.kind}`);
  const unknown = [apiVersion, desiredAPIVersion].find((version) => !versionsOf(conversion).includes(version));
  if (unknown !== undefined) throw fail(`"${unknown}" is not one of ${versionsOf(conversion).join(", ")}`);
  let current = object;
  for (const { run, to } of stepsOf(conversion, apiVersion, desiredAPIVersion)) {
    let converted: KubeObject;
    try {
      converted = run(cloneJson(current));
    } catch (error) {
      throw fail(error instanceof Error ? error.message : String(error), error);
    }
    const problem = problemOf(converted, current, to);
    if (problem) throw fail(`the converter to ${versionOf(to)} returned ${problem}`);
    current = { ...converted, apiVersion: to };
  }
  return current;
}

function versionsOf({ hub, spokes }: Conversion): string[] {
  return [hub, ...spokes.map((spoke) => spoke.for)].map(apiVersionOf);
}

function stepsOf({ hub, spokes }: Conversion, from: string, to: string): Step[] {
  if (from === to) return [];
  const there = spokes.filter((spoke) => apiVersionOf(spoke.for) === from);
  const back = spokes.filter((spoke) => apiVersionOf(spoke.for) === to);
  return [
    ...there.map((spoke) => ({ run: (object: KubeObject) => spoke.toHub(object), to: apiVersionOf(hub) })),
    ...back.map((spoke) => ({ run: (object: KubeObject) => spoke.fromHub(object), to })),
  ];
}

/** What the API server would refuse, or undo without a word. Nothing is taken for granted: converters may be JavaScript. */
function problemOf(converted: unknown, { kind, apiVersion, metadata }: KubeObject, to: string): string | undefined {
  if (!isRecord(converted) || !isRecord(converted["metadata"])) return "no object with metadata";
  if (converted["kind"] !== kind) return `kind "${converted["kind"]}"; it must stay "${kind}"`;
  const version = converted["apiVersion"];
  if (version !== undefined && version !== apiVersion && version !== to)
    return `apiVersion "${version}"; leave it "${apiVersion}" or make it "${to}"`;
  const changed = changedField({ ...metadata }, converted["metadata"]);
  return changed && `another metadata.${changed}; only labels and annotations may change`;
}

function changedField(before: Record<string, unknown>, after: Record<string, unknown>): string | undefined {
  const fields = Object.keys({ ...before, ...after }).filter((field) => !["labels", "annotations"].includes(field));
  return fields.find((field) => canonicalJson(before[field]) !== canonicalJson(after[field]));
}

/** `v1` of `example.dev/v1`. */
function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.lastIndexOf("/") + 1);
}
