export type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  ListOptions,
  PatchOptions,
  Selection,
  WriteOptions,
} from "./call-options.ts";
export { Client, type ClientOptions } from "./client.ts";
export type { ClusterConfig, ExecPlugin, Impersonation, Material } from "./config/cluster-config.ts";
export { type DefaultConfigOptions, defaultConfig } from "./config/default-config.ts";
export { inClusterConfig } from "./config/in-cluster.ts";
export { type KubeconfigOptions, loadKubeconfig, parseKubeconfig } from "./config/kubeconfig.ts";
export type { DiscoveredResource } from "./discovery/discovered-resource.ts";
export { Discovery } from "./discovery/discovery.ts";
export { fetchTable, readTable, type Table, type TableColumn, type TableRow } from "./discovery/table.ts";
export {
  connectionFailed,
  isAlreadyExists,
  isConflict,
  isConnectionFailed,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isTooLargeResourceVersion,
  isTooManyRequests,
  isUnauthorized,
  KubeApiError,
  malformedResponse,
} from "./kube-api-error.ts";
export { describeObject, type ObjectKey, resourcePath } from "./resource-path.ts";
export type { ApiRequest, Query } from "./transport/api-request.ts";
export type { LocalRequest, LocalResponse, LocalServer } from "./transport/local-server.ts";
export type { Throttle } from "./transport/token-bucket.ts";
export type { Observation } from "./transport/transport.ts";
export {
  defaultTiming,
  Reflector,
  type ReflectorOptions,
  type ReflectorSink,
  type ReflectorState,
  type ReflectorTiming,
} from "./watch/reflector.ts";
export { type WatchOptions, watch } from "./watch/watch.ts";
export { endsInitialEvents, parseWatchEvent, type WatchEvent } from "./watch/watch-event.ts";
