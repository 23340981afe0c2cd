import type { ResourceInfo } from "../registry/resource-info.ts";
import type { Caller } from "../registry/strategy.ts";
import type { ApiObject, Fields } from "../store/api-object.ts";

/** One question to webhooks. */
export interface AdmissionCall {
  readonly info: ResourceInfo;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly subresource: string;
  readonly caller: Caller;
  readonly dryRun: boolean;
  readonly warnings: string[];
  readonly object?: ApiObject;
  readonly old?: ApiObject;
  /** The cluster address of a Service. */
  readonly addressOf: (namespace: string, name: string) => string | undefined;
}

/** A webhook of a configuration, parsed. */
export interface Webhook {
  /** Unique in the cluster: configuration and name. */
  readonly key: string;
  readonly name: string;
  readonly client: Fields;
  readonly failurePolicy: "Fail" | "Ignore";
  readonly timeoutMs: number;
  readonly reinvoke: boolean;
}
