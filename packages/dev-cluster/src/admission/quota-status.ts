import { equalJson } from "@moorage/kube-types";
import { ResourceQuota } from "@moorage/kube-types/core-v1";
import type { ClusterApi } from "../cluster-api.ts";
import type { ApiCore } from "../registry/api-core.ts";
import { isRefusal } from "../status/api-error.ts";
import { type Fields, fieldsAt } from "../store/api-object.ts";
import type { StoreEvent } from "../store/collection.ts";
import { countedBy, usedOf } from "./count-quota.ts";

/** Keeps `status.used` of ResourceQuotas true. Returns how to stop. */
export function keepQuotaStatus({ store, catalog }: ApiCore, api: ClusterApi): () => void {
  const followed = new Map<string, (event: StoreEvent) => void>();
  const follow = (storage: string) => {
    if (followed.has(storage)) return;
    const onEvent = ({ type, entry }: StoreEvent) => {
      const namespace = entry.object.metadata.namespace;
      // Pods that end, and Services of another type, count otherwise.
      const mayCountOtherwise = type !== "MODIFIED" || storage === "pods" || storage === "services";
      if (mayCountOtherwise && namespace !== undefined) refreshAll(namespace);
    };
    followed.set(storage, onEvent);
    store.collection(storage).listeners.add(onEvent);
  };
  const refreshAll = (namespace: string) => {
    for (const { object } of store.list("resourcequotas", `${namespace}/`)) refresh(object.metadata.name, namespace);
  };
  const refresh = (name: string, namespace: string) => {
    const quota = api.get(ResourceQuota, { name, namespace });
    const hard = fieldsAt(quota, "spec", "hard");
    const stored = store.get("resourcequotas", `${namespace}/${name}`)?.object;
    if (!quota || !hard || !stored) return;
    const used: Fields = {};
    for (const entry of Object.keys(hard)) used[entry] = String(usedOf(store, stored, { entry, namespace }));
    const status = { hard, used };
    if (equalJson(status, quota.status)) return;
    ignoringRaces(() => api.update(ResourceQuota, Object.assign({ ...quota }, { status }), { subresource: "status" }));
  };
  const stop = api.watch(ResourceQuota, ({ type, object }) => {
    const { name, namespace = "" } = object.metadata;
    if (type === "DELETED") return;
    const stored = store.get("resourcequotas", `${namespace}/${name}`);
    if (stored) for (const storage of countedBy(stored.object, catalog)) follow(storage);
    refresh(name, namespace);
  });
  return () => {
    stop();
    for (const [storage, listener] of followed) store.collection(storage).listeners.delete(listener);
  };
}

/** Whoever came in between has changed the quota, which is heard of again. */
function ignoringRaces(write: () => unknown): void {
  try {
    write();
  } catch (error) {
    if (!isRefusal(error, "Conflict") && !isRefusal(error, "NotFound")) throw error;
  }
}
