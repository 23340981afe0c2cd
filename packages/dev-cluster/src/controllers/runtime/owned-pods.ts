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
  const candidates = api.list(type, inNamespaceOf(owner)).filter((object) => {
    const controller = findControllerOf(object);
    return controller === undefined || controller.uid === owner.metadata.uid;
  });
  return candidates.flatMap((object) => {
    const matches = matchesSelector(selector, object.metadata.labels);
    const mayChange = isAlive(owner) && isAlive(object);
    if (findControllerOf(object)) {
      if (!matches && mayChange) release(type, object, owner, api);
      return matches ? [object] : [];
    }
    return matches && mayChange ? [adopt(type, object, owner, api)] : [];
  });
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

function adopt<T extends KubeObject>(
  type: ResourceType<T>,
  object: T,
  owner: KubeObject,
  api: ControllerContext["api"],
): T {
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)];
  return api.update(type, { ...object, metadata: { ...object.metadata, ownerReferences } });
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
