import type { ReflectorTiming } from "@moorage/kube-client";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { Extension } from "./extension.ts";
import type { LeaseOptions } from "./leader/lease-options.ts";
import type { FailureBrakeOptions } from "./queue/failure-brake.ts";
import type { KeyBackoffOptions } from "./queue/key-backoff.ts";
import type { ClusterOptions } from "./remote-cluster.ts";
import type { Address } from "./server/http-endpoint.ts";
import type { WebhookOptions } from "./webhook/webhook-server.ts";

/** How to run controllers. */
export interface ManagerOptions extends ClusterOptions {
  /** Default: JSON lines on standard output. */
  log?: Logger;
  /** Default port 8080; `false`: none. */
  metrics?: Address | false;
  /** Default port 8081; `false`: none. */
  probes?: Address | false;
  /** After this `start()` fails where not every kind could be fetched. Default: it waits, and `/readyz` says for what. */
  cacheSyncTimeoutMs?: number;
  /** Of failed keys. Default 1 s doubling to 5 min. */
  backoff?: KeyBackoffOptions;
  /** Slows a controller down when most of its passes fail. Default: never. */
  brake?: FailureBrakeOptions;
  /** Every object is looked at again so often, from the cache, besides what controllers ask for. Default: never. */
  resyncEveryMs?: number;
  /** Hooks and integrations. */
  extensions?: readonly Extension[];
  /** How long running reconciles may go on after `stop()`. Default 30,000. */
  stopGraceMs?: number;
  /** Admission webhooks to serve and register. Default: none. */
  webhooks?: WebhookOptions;
  /** Several replicas, of which one works. Default: this process works. */
  leaderElection?: LeaseOptions;
  clock?: Clock;
  watchTiming?: Partial<ReflectorTiming>;
}
