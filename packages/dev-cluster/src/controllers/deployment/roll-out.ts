import type { ReplicaSet } from "@moorage/kube-types/apps-v1";
import { type Limits, specReplicas, statusSum } from "./limits.ts";
import { byAge } from "./revisions.ts";

/** What a Deployment's ReplicaSets are scaled to, by name. Those that stay as they are do not appear. */
export type Scales = ReadonlyMap<string, number>;

/**
 * The size of the new ReplicaSet in a rolling update: as large as `maxSurge` allows. Source: `NewRSNewReplicas`;
 * unlike there, pods that a ReplicaSet still has to delete count, so that the limit holds at every moment.
 */
export function newReplicaSetSize(newSet: ReplicaSet, all: readonly ReplicaSet[], limits: Limits): number {
  const current = newSet.spec.replicas ?? 1;
  if (current >= limits.replicas) return limits.replicas;
  const pods = all.reduce((sum, { spec, status }) => sum + Math.max(spec.replicas ?? 1, status?.replicas ?? 0), 0);
  const room = limits.replicas + limits.maxSurge - pods;
  return room <= 0 ? current : current + Math.min(room, limits.replicas - current);
}

/**
 * Scales old ReplicaSets down: first pods that are not available anyway, then as many as keep
 * `replicas − maxUnavailable` available. Source: `reconcileOldReplicaSets`.
 */
export function oldReplicaSetSizes(newSet: ReplicaSet, old: readonly ReplicaSet[], limits: Limits): Scales {
  const all = [...old, newSet];
  const minAvailable = limits.replicas - limits.maxUnavailable;
  const newUnavailable = (newSet.spec.replicas ?? 1) - (newSet.status?.availableReplicas ?? 0);
  const maxScaledDown = specReplicas(all) - minAvailable - newUnavailable;
  if (maxScaledDown <= 0) return new Map();

  const sizes = new Map(old.map(({ metadata, spec }) => [metadata.name, spec.replicas ?? 1]));
  const unhealthy = takeUnhealthy(old, sizes, maxScaledDown);
  const available = statusSum(all, "availableReplicas");
  takeHealthy(old, sizes, Math.min(available - minAvailable, maxScaledDown - unhealthy));
  return new Map(old.flatMap(({ metadata, spec }) => changed(metadata.name, spec.replicas ?? 1, sizes)));
}

function takeUnhealthy(old: readonly ReplicaSet[], sizes: Map<string, number>, budget: number): number {
  let left = budget;
  for (const { metadata, status } of byAge(old)) {
    const size = sizes.get(metadata.name) ?? 0;
    const taken = Math.min(left, Math.max(0, size - (status?.availableReplicas ?? 0)));
    sizes.set(metadata.name, size - taken);
    left -= taken;
  }
  return budget - left;
}

function takeHealthy(old: readonly ReplicaSet[], sizes: Map<string, number>, budget: number): void {
  let left = Math.max(0, budget);
  for (const { metadata } of byAge(old)) {
    const size = sizes.get(metadata.name) ?? 0;
    const taken = Math.min(left, size);
    sizes.set(metadata.name, size - taken);
    left -= taken;
  }
}

/**
 * Spreads a change of `spec.replicas` in the middle of a roll-out (or while paused) over the ReplicaSets in
 * proportion to their sizes; rounding leftovers go to the largest. Source: `scale` in kube-controller-manager's deployment/sync.go.
 */
export function proportionalSizes(active: readonly ReplicaSet[], limits: Limits): Scales {
  const allowed = limits.replicas > 0 ? limits.replicas + limits.maxSurge : 0;
  const total = specReplicas(active);
  const toAdd = allowed - total;
  if (toAdd === 0 || total === 0) return new Map();
  // Scaling up favours new sets and scaling down old ones; both start with the largest.
  const ordered = byAge(active).sort((a, b) => (b.spec.replicas ?? 1) - (a.spec.replicas ?? 1));
  const sizes = new Map<string, number>();
  let added = 0;
  for (const { metadata, spec } of ordered) {
    const size = spec.replicas ?? 1;
    const share = Math.round((size * allowed) / total) - size;
    const fraction = toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
    sizes.set(metadata.name, size + fraction);
    added += fraction;
  }
  const [largest] = ordered;
  if (largest) {
    const name = largest.metadata.name;
    sizes.set(name, Math.max(0, (sizes.get(name) ?? 0) + toAdd - added));
  }
  return new Map(ordered.flatMap(({ metadata, spec }) => changed(metadata.name, spec.replicas ?? 1, sizes)));
}

function changed(name: string, before: number, sizes: ReadonlyMap<string, number>): [string, number][] {
  const after = sizes.get(name) ?? before;
  return after === before ? [] : [[name, after]];
}
