import type { WebhookAdmission } from "../admission/webhooks.ts";
import type { ClusterApi, PodHandlers } from "../cluster-api.ts";
import type { TokenIssuer } from "../pki/token-issuer.ts";
import type { Authorizer } from "../rbac/authorizer.ts";
import type { ApiCore } from "../registry/api-core.ts";
import type { Authenticator } from "./authenticator.ts";
import type { RequestCounters } from "./metrics.ts";

/** What the handlers of the HTTP server share. */
export interface ApiServerParts {
  readonly core: ApiCore;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly webhooks: WebhookAdmission;
  readonly tokens: TokenIssuer;
  readonly createToken: ClusterApi["createToken"];
  readonly counters: RequestCounters;
  /** Serves the subresources of pods that only a node can: log, exec, port-forward. Absent without a node. */
  readonly podHandlers: () => PodHandlers | undefined;
}

/** Tells of unexpected failures; their details stay out of answers. */
export type LogError = (message: string, error: unknown) => void;
