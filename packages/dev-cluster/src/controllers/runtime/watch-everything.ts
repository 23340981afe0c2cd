import { groupResourceOf, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import type { ClusterApi, ObjectChange } from "../../cluster-api.ts";

/** Kinds that have no owners and no finalizers in practice, and change often. */
const ignored = new Set(["events", "events.events.k8s.io"]);

/**
 * Watches the objects of every kind that is served, also of kinds that come later.
 * Returns how to stop. *Guarantees*: the order of changes holds within a kind, not across kinds.
 */
export function watchEverything(
  api: ClusterApi,
  listener: (type: ResourceType, change: ObjectChange<KubeObject>) => void,
): () => void {
  const stops = new Map<string, () => void>();
  const update = () => {
    const served = new Map(api.resourceTypes().map((type) => [groupResourceOf(type), type]));
    for (const [id, type] of served) {
      if (stops.has(id) || ignored.has(id)) continue;
      stops.set(
        id,
        api.watch(type, (change) => listener(type, change)),
      );
    }
    for (const [id, stop] of stops) {
      if (served.has(id)) continue;
      stop();
      stops.delete(id);
    }
  };
  update();
  const stopDefinitions = api.watch(CustomResourceDefinition, update);
  return () => {
    stopDefinitions();
    for (const stop of stops.values()) stop();
  };
}
