import type { GroupVersionKind, ResourceInfo } from "../registry/resource-info.ts";
import type { Caller } from "../registry/strategy.ts";
import type { ApiObject, Fields } from "../store/api-object.ts";

/** One question to webhooks and policies. */
export interface AdmissionCall {
  readonly info: ResourceInfo;
  /** What `object` and `old` are: the resource's kind, or that of a subresource such as Scale. */
  readonly kind: GroupVersionKind;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly subresource: string;
  readonly caller: Caller;
  readonly dryRun: boolean;
  /** What the client asked for besides: `fieldManager`, `propagationPolicy` … */
  readonly options: Fields;
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

/** The request as a review and as CEL expressions show it, without user and objects. Empty fields are left out. */
export function requestOf({ info, kind, operation, subresource, dryRun, options, object, old }: AdmissionCall): Fields {
  const { metadata } = object ?? old ?? { metadata: undefined };
  const resource = { group: info.group, version: info.version, resource: info.plural };
  const name = metadata?.name || metadata?.generateName;
  return {
    kind,
    resource,
    ...(subresource === "" ? {} : { subResource: subresource }),
    requestKind: kind,
    requestResource: resource,
    ...(subresource === "" ? {} : { requestSubResource: subresource }),
    ...(name ? { name: metadata?.name ?? "" } : {}),
    ...(metadata?.namespace ? { namespace: metadata.namespace } : {}),
    operation,
    dryRun,
    options: {
      kind: `${operation.charAt(0)}${operation.slice(1).toLowerCase()}Options`,
      apiVersion: "meta.k8s.io/v1",
      ...options,
    },
  };
}
