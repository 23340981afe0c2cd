import type { GroupVersionKind, ResourceInfo } from "../registry/resource-info.ts";
import type { Caller } from "../registry/strategy.ts";
import type { ApiObject, Fields } from "../store/api-object.ts";

/** One question to webhooks and policies. */
export interface AdmissionCall {
  readonly info: ResourceInfo;
  /** What `object` and `old` are: the resource's kind, or that of a subresource such as Scale. */
  readonly kind: GroupVersionKind;
  /** What the client spoke of, where the call is shown in another version. */
  readonly requested?: { readonly info: ResourceInfo; readonly kind: GroupVersionKind };
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly subresource: string;
  readonly caller: Caller;
  readonly dryRun: boolean;
  /** The object is one of a collection that is deleted: the request names none. */
  readonly isCollection?: boolean;
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
export function requestOf(call: AdmissionCall): Fields {
  const { info, kind, requested = { info, kind }, operation, subresource, dryRun, options, object, old } = call;
  const { metadata } = object ?? old ?? { metadata: undefined };
  const resourceOf = ({ group, version, plural }: ResourceInfo) => ({ group, version, resource: plural });
  const name = metadata?.name || metadata?.generateName;
  return {
    kind,
    resource: resourceOf(info),
    ...(subresource === "" ? {} : { subResource: subresource }),
    requestKind: requested.kind,
    requestResource: resourceOf(requested.info),
    ...(subresource === "" ? {} : { requestSubResource: subresource }),
    ...(name && !call.isCollection ? { name: metadata?.name ?? "" } : {}),
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
