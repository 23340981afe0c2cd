import { matchesSelector } from "@moorage/kube-types";
import { ClusterRole } from "@moorage/kube-types/rbac-v1";
import { type BuiltInController, keyOf, watch } from "../runtime/controller.ts";
import { equalsAsJson } from "../runtime/deep-equal.ts";

/**
 * Writes into ClusterRoles that are the sum of others what they sum up to. The authorizer does not wait for it: it sums
 * them up when it is asked.
 */
export const aggregationController: BuiltInController = {
  name: "ClusterRoleAggregation",
  // Any role may be a part of any sum, before its change or after it.
  watches: [
    watch(ClusterRole, (_role, { api }) =>
      api
        .list(ClusterRole)
        .filter(({ aggregationRule }) => aggregationRule !== undefined)
        .map(keyOf),
    ),
  ],

  reconcile(key, { api }) {
    const role = api.get(ClusterRole, key);
    const selectors = role?.aggregationRule?.clusterRoleSelectors;
    if (!role || !selectors || role.metadata.deletionTimestamp !== undefined) return undefined;
    const parts = selectors.flatMap((selector) =>
      api
        .list(ClusterRole)
        .filter(({ metadata }) => metadata.name !== key.name && matchesSelector(selector, metadata.labels))
        .sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1)),
    );
    const rules = distinct(parts.flatMap((part) => part.rules ?? []));
    if (!equalsAsJson(rules, role.rules ?? [])) api.update(ClusterRole, { ...role, rules });
    return undefined;
  },
};

function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
