/** What every call accepts. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** For the whole call, retries included, in milliseconds. Default 60,000. */
  timeoutMs?: number | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Validate and admit, but store nothing. */
  dryRun?: boolean | undefined;
  /** Who the written fields belong to. Default: the client's. */
  fieldManager?: string | undefined;
  /** `status`, `scale`, `token`, `eviction`, `binding` … */
  subresource?: string | undefined;
  /** What to do with unknown fields. Default `Ignore`, the API's own. */
  fieldValidation?: "Ignore" | "Warn" | "Strict" | undefined;
}

export interface ApplyOptions extends WriteOptions {
  /** Take fields that other managers own. Default true: a controller's view wins over a hand edit. */
  force?: boolean | undefined;
}

export interface PatchOptions extends WriteOptions {
  /** `json`: RFC 6902; `merge`: RFC 7386; `strategic`: built-in kinds only. */
  patchType: "json" | "merge" | "strategic";
}

export interface DeleteOptions extends CallOptions {
  /** The delete fails with a conflict unless the object is this one. */
  preconditions?: { uid?: string; resourceVersion?: string } | undefined;
  propagationPolicy?: "Background" | "Foreground" | "Orphan" | undefined;
  gracePeriodSeconds?: number | undefined;
  dryRun?: boolean | undefined;
}

/** Which objects. */
export interface Selection {
  /** Absent: all namespaces. */
  namespace?: string | undefined;
  /** In the query form: `app=web,tier in (a,b)`. */
  labelSelector?: string | undefined;
  /** For example `metadata.name=web`. */
  fieldSelector?: string | undefined;
}

export interface ListOptions extends CallOptions, Selection {
  limit?: number | undefined;
  continue?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: "NotOlderThan" | "Exact" | undefined;
  /** Only `metadata` of each object. */
  metadataOnly?: boolean | undefined;
}
