export type { ClusterApi, DeleteOptions, ObjectChange, ObjectKey, PodHandlers } from "./cluster-api.ts";
export { type DevCluster, type DevClusterOptions, startDevCluster } from "./dev-cluster.ts";
export { ApiError } from "./status/api-error.ts";
