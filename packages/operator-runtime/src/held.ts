import { isControlledBy, type KubeObject, type ResourceType } from "@moorage/kube-types";
import type { ClusterView } from "./cluster-view.ts";
import type { Outcome } from "./outcome.ts";

/** What `finalize` returns while the object has to stay: any outcome does, and so do `notYet()` and `teardown()`. */
export interface Held extends Partial<Omit<Outcome, "children">> {
  /** Children to delete now, with everything below them. Those that are on their way out already are left alone. */
  remove?: readonly KubeObject[];
}

/** Said by `finalize` when it has to wait: the object stays, and it is called again, after a change or this long. */
export function notYet(requeueAfterMs: number, remove: readonly KubeObject[] = []): Held {
  return { requeueAfterMs, remove };
}

/** Every deletion of a child is seen on its watch; this is for the case that one is not. */
const lookAgainMs = 10_000;

/**
 * Takes the children of an object away in stages: a stage's children are deleted, with everything below them (pods,
 * for a Deployment), and only when they are gone the next stage's turn comes. What is in no stage goes with the object.
 *
 * @returns what `finalize` is to return: undefined when every stage is through.
 * @example
 * finalize: (server, cluster) => teardown(server, cluster, [[HTTPRoute, Service], [Deployment], [ConfigMap]])
 */
export function teardown(
  owner: KubeObject,
  cluster: Pick<ClusterView, "list">,
  stages: readonly (readonly ResourceType[])[],
): Held | undefined {
  for (const stage of stages) {
    const left = stage.flatMap((type) =>
      cluster.list(type, { ownedBy: owner }).filter((child) => isControlledBy(child, owner)),
    );
    if (left.length > 0) return notYet(lookAgainMs, left);
  }
  return undefined;
}
