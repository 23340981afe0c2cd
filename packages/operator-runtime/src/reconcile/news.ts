import { equalJson, type KubeObject } from "@moorage/kube-types";
import type { Change } from "../cache/informer.ts";
import { appliedFields } from "./apply-memory.ts";
import { appliedAnnotation } from "./child.ts";

/** Whether a change alters what is read of the object. One that is not there is read as `undefined`. */
export function changesReads({ before, after }: Change, of: (object: KubeObject) => unknown): boolean {
  return !equalJson(before && of(before), after && of(after));
}

/**
 * Whether a change may have made a child another than `manager` wants: everything that `ApplyMemory`, the check of names
 * that are taken, pruning and teardown look at. A status that moves on is not.
 */
export function mayBeDrift({ before, after, writer }: Change, manager: string): boolean {
  // What the controller has just applied is what it wants.
  if (writer === manager) return false;
  if (!before || !after) return true;
  return !equalJson(trackedOf(before, manager), trackedOf(after, manager));
}

function trackedOf(object: KubeObject, manager: string) {
  const { uid, deletionTimestamp, ownerReferences, annotations } = object.metadata;
  const applied = annotations?.[appliedAnnotation];
  return [uid, deletionTimestamp, ownerReferences, applied, appliedFields(object, manager)];
}
