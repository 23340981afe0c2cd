export { type AccessRule, accessRulesOf, conversionRulesOf } from "./access-rules.ts";
export type { Index } from "./cache/cache.ts";
export type { CacheScope, Filter } from "./cache/informer.ts";
export { type Clock, systemClock } from "./clock.ts";
export type { ClusterView, ListQuery } from "./cluster-view.ts";
export {
  type Blocked,
  type Controller,
  index,
  type Reads,
  reads,
  type Source,
  type Watch,
  watch,
} from "./controller.ts";
export {
  type ControllerMetric,
  type CreationErrors,
  creationErrors,
  gauge,
  type ObjectGauge,
  type Sample,
} from "./controller-metric.ts";
export type { Extension, LifecycleEvent, ReconcileReport } from "./extension.ts";
export { type Feature, FeatureGates, type FeatureStage } from "./feature-gates.ts";
export { type Held, notYet, teardown } from "./held.ts";
export { hashOf } from "./json.ts";
export type { LeaseOptions } from "./leader/lease-options.ts";
export { createLogger, type LogOptions } from "./log.ts";
export { Manager } from "./manager.ts";
export type { ManagerOptions } from "./manager-options.ts";
export { Metrics } from "./metrics.ts";
export {
  desired,
  invalid,
  notReady,
  type Outcome,
  type OutcomeEvent,
  progressing,
  ready,
  TerminalError,
  waiting,
} from "./outcome.ts";
export type { ClusterOptions, RemoteCluster } from "./remote-cluster.ts";
export type { Check } from "./server/health.ts";
export type { Address } from "./server/http-endpoint.ts";
export type { Conversion, Spoke } from "./webhook/conversion.ts";
export type { AdmissionOperation, AdmissionRequest, Verdict, Webhook } from "./webhook/webhook.ts";
export type { WebhookTarget } from "./webhook/webhook-configurations.ts";
export type { WebhookOptions } from "./webhook/webhook-server.ts";
