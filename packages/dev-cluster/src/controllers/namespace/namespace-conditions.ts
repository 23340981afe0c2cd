import { rfc3339Seconds } from "@moorage/kube-types";
import type { NamespaceCondition } from "@moorage/kube-types/core-v1";

/** What is left in a namespace that is being deleted. */
export interface Remaining {
  /** Number of objects by resource, for example `pods.`. */
  resources: ReadonlyMap<string, number>;
  /** Number of objects by finalizer. */
  finalizers: ReadonlyMap<string, number>;
  /** What could not be deleted, in words. */
  failures: readonly string[];
}

/** The conditions that tell a user why a namespace is still there. Source: `namespaceConditionUpdater` of upstream. */
export function terminationConditions(
  previous: readonly NamespaceCondition[],
  { resources, finalizers, failures }: Remaining,
  now: Date,
): NamespaceCondition[] {
  const list = (counts: ReadonlyMap<string, number>, words: string) =>
    [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${words} ${count} resource instances`)
      .join(", ");
  const observed: NamespaceCondition[] = [
    condition(
      "NamespaceDeletionDiscoveryFailure",
      false,
      "ResourcesDiscovered",
      "All resources successfully discovered",
    ),
    condition(
      "NamespaceDeletionGroupVersionParsingFailure",
      false,
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ),
    failures.length > 0
      ? condition(
          "NamespaceDeletionContentFailure",
          true,
          "ContentDeletionFailed",
          `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(", ")}`,
        )
      : condition(
          "NamespaceDeletionContentFailure",
          false,
          "ContentDeleted",
          "All content successfully deleted, may be waiting on finalization",
        ),
    resources.size > 0
      ? condition(
          "NamespaceContentRemaining",
          true,
          "SomeResourcesRemain",
          `Some resources are remaining: ${list(resources, "has")}`,
        )
      : condition("NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed"),
    finalizers.size > 0
      ? condition(
          "NamespaceFinalizersRemaining",
          true,
          "SomeFinalizersRemain",
          `Some content in the namespace has finalizers remaining: ${list(finalizers, "in")}`,
        )
      : condition(
          "NamespaceFinalizersRemaining",
          false,
          "ContentHasNoFinalizers",
          "All content-preserving finalizers finished",
        ),
  ];
  return observed.map((next) =>
    withTime(
      next,
      previous.find(({ type }) => type === next.type),
      now,
    ),
  );
}

function condition(type: string, holds: boolean, reason: string, message: string): NamespaceCondition {
  return { type, status: holds ? "True" : "False", reason, message };
}

function withTime(next: NamespaceCondition, previous: NamespaceCondition | undefined, now: Date): NamespaceCondition {
  const lastTransitionTime =
    previous?.status === next.status && previous.lastTransitionTime ? previous.lastTransitionTime : rfc3339Seconds(now);
  return { ...next, lastTransitionTime };
}
