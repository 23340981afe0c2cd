import type { Discovery } from "@moorage/kube-client";
import { apiVersionOf, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { UsageError } from "./usage-error.ts";

/** What the arguments of `get`, `describe`, `delete` name: kinds, and objects of them or all. */
export interface Target {
  type: ResourceType;
  /** Absent: all of the kind. */
  name?: string;
}

/**
 * Understands `TYPE`, `TYPE NAME…`, `TYPE/NAME…` and `TYPE,TYPE`, where a type is a plural, singular, kind, short
 * name or category, with `.GROUP` where two groups share it.
 *
 * @throws UsageError when the cluster serves no such type.
 */
export function parseTargets(discovery: Discovery, args: readonly string[]): Target[] {
  const [first = "", ...names] = args;
  if (args.some((arg) => arg.includes("/"))) return args.flatMap((arg) => parseSlashed(discovery, arg));
  const types = first.split(",").flatMap((type) => typesNamed(discovery, type));
  if (names.length === 0) return types.map((type) => ({ type }));
  return types.flatMap((type) => names.map((name) => ({ type, name })));
}

function parseSlashed(discovery: Discovery, arg: string): Target[] {
  const [type = "", name, ...rest] = arg.split("/");
  if (!name || rest.length > 0) {
    throw new UsageError(`"${arg}" mixes two forms: write TYPE/NAME for each object, or TYPE NAME`);
  }
  return typesNamed(discovery, type).map((found) => ({ type: found, name }));
}

function typesNamed(discovery: Discovery, text: string): ResourceType[] {
  const exact = discovery.find(text);
  if (exact) return [exact.type];
  const category = discovery.inCategory(text.toLowerCase());
  return category.length > 0 ? category.map(({ type }) => type) : [discovery.resolve(text).type];
}

/** @throws UsageError when the cluster does not serve the object's kind; the message says what to install. */
export function typeOfObject(discovery: Discovery, object: KubeObject): ResourceType {
  const found = discovery.resources.find(
    ({ type }) => type.kind === object.kind && apiVersionOf(type) === object.apiVersion,
  );
  if (found) return found.type;
  throw new UsageError(
    `The cluster serves no kind "${object.kind}" in "${object.apiVersion}" (${object.metadata.name}): correct it, or install its CustomResourceDefinition first`,
  );
}

/** `mcpserver.mcp.stacklok.com/weather`: how kubectl names an object. */
export function nameOf(type: ResourceType, name: string): string {
  const kind = type.kind.toLowerCase();
  return `${type.group === "" ? kind : `${kind}.${type.group}`}/${name}`;
}
