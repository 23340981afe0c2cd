import {
  controllerReference,
  findControllerOf,
  type KubeObject,
  type LabelSelector,
  matchesSelector,
  type ResourceType,
} from "@moorage/kube-types";
import type { Pod, PodTemplateSpec } from "@moorage/kube-types/core-v1";
import { unlessGone } from "./api-errors.ts";
import type { ControllerContext } from "./controller.ts";

/**
 * The objects of `type` that `owner` controls, after adopting those without a controller that match
 * `selector` and releasing its own that no longer match. Source: `PodControllerRefManager` of kube-controller-manager.
 */
export function claim<T extends KubeObject>(
  type: ResourceType<T>,
  owner: KubeObject,
  selector: LabelSelector,
  { api }: ControllerContext,
): T[] {
  const claimed: T[] = [];
  for (const object of api.list(type, { ...inNamespaceOf(owner) })) {
    const controller = findControllerOf(object);
    const matches = matchesSelector(selector, object.metadata.labels);
    if (controller?.uid === owner.metadata.uid) {
      if (matches) claimed.push(object);
      else if (isAlive(owner) && isAlive(object)) release(type, object, owner, api);
    } else if (!controller && matches && isAlive(owner) && isAlive(object)) {
      const ownerReferences = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)];
      claimed.push(api.update(type, { ...object, metadata: { ...object.metadata, ownerReferences } }));
    }
  }
  return claimed;
}

/** A new pod after `template`, controlled by `owner`; its name is given or begins with `generateName`. */
export function podFromTemplate(
  template: PodTemplateSpec,
  owner: KubeObject,
  naming: { name: string } | { generateName: string },
): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "",
      ...naming,
      ...inNamespaceOf(owner),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec ?? { containers: [] },
  };
}

/** The query that restricts a list to the namespace of `object`. */
export function inNamespaceOf({ metadata: { namespace } }: KubeObject): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

function isAlive(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp === undefined;
}

function release<T extends KubeObject>(
  type: ResourceType<T>,
  object: T,
  owner: KubeObject,
  api: ControllerContext["api"],
): void {
  const ownerReferences = object.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? [];
  unlessGone(() => api.update(type, { ...object, metadata: { ...object.metadata, ownerReferences } }));
}
