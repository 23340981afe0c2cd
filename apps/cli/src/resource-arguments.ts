import type { Client } from "@moorage/kube-client";
import { apiVersionOf, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { type ApiResource, discover } from "./discovery.ts";
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
export async function parseTargets(client: Client, args: readonly string[]): Promise<Target[]> {
  const resources = await discover(client);
  const [first = "", ...names] = args;
  if (args.some((arg) => arg.includes("/"))) {
    return args.flatMap((arg) => {
      const [type = "", name, ...rest] = arg.split("/");
      if (!name || rest.length > 0)
        throw new UsageError(`"${arg}" mixes forms: write TYPE/NAME for each object, or TYPE NAME`);
      return typesNamed(resources, type).map((found) => ({ type: found, name }));
    });
  }
  const types = first.split(",").flatMap((type) => typesNamed(resources, type));
  return names.length === 0
    ? types.map((type) => ({ type }))
    : types.flatMap((type) => names.map((name) => ({ type, name })));
}

function typesNamed(resources: readonly ApiResource[], text: string): ResourceType[] {
  const [name = "", ...group] = text.toLowerCase().split(".");
  const inGroup = (resource: ApiResource) => group.length === 0 || `.${group.join(".")}` === `.${resource.group}`;
  const exact = resources.find(
    (resource) =>
      inGroup(resource) &&
      [resource.plural, resource.singular, resource.kind.toLowerCase(), ...resource.shortNames].includes(name),
  );
  if (exact) return [exact];
  const category = resources.filter(({ categories }) => categories.includes(name));
  if (category.length > 0) return category;
  throw new UsageError(`The cluster serves no resource type "${text}"`);
}

/** @throws UsageError when the cluster does not serve the object's kind; the message says what to install. */
export async function typeOfObject(client: Client, object: KubeObject): Promise<ResourceType> {
  const resources = await discover(client);
  const type = resources.find(
    (resource) => resource.kind === object.kind && apiVersionOf(resource) === object.apiVersion,
  );
  if (type) return type;
  throw new UsageError(
    `The cluster serves no kind "${object.kind}" in "${object.apiVersion}" (${object.metadata.name}): correct it, or install its CustomResourceDefinition first`,
  );
}

/** `mcpserver.mcp.stacklok.com/weather`: how kubectl names an object. */
export function nameOf(type: ResourceType, name: string): string {
  const kind = type.kind.toLowerCase();
  return `${type.group === "" ? kind : `${kind}.${type.group}`}/${name}`;
}
