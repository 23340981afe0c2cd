import type { KubeObject, LabelSelector, ResourceType } from "@moorage/kube-types";

/** Names one object of a kind. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectKey {
  namespace?: string;
  name: string;
}

/** A change of a stored object. */
export interface ObjectChange<T extends KubeObject> {
  type: "ADDED" | "MODIFIED" | "DELETED";
  /** For `DELETED`, the last state. */
  object: T;
}

export interface DeleteOptions {
  /** Seconds; 0 removes at once. Absent: the kind's default. */
  gracePeriodSeconds?: number;
  propagationPolicy?: "Background" | "Foreground" | "Orphan";
  preconditions?: { uid?: string; resourceVersion?: string };
}

/**
 * The API server as the built-in controllers and the node see it: the same storage, validation,
 * defaulting and watch order that HTTP requests get, without HTTP.
 *
 * *Guarantees*: reads see every earlier write. Objects that come out are shared and frozen: copy before changing.
 * *Errors*: every method throws `ApiError` with a `Status`, as HTTP would answer.
 */
export interface ClusterApi {
  get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): T | undefined;
  list<T extends KubeObject>(
    type: ResourceType<T>,
    query?: { namespace?: string; labels?: LabelSelector },
  ): readonly T[];
  create<T extends KubeObject>(type: ResourceType<T>, object: T): T;
  /** A set `metadata.resourceVersion` must be the stored one, else the write is refused as a conflict. */
  update<T extends KubeObject>(type: ResourceType<T>, object: T, options?: { subresource?: "status" | "finalize" }): T;
  delete(type: ResourceType, key: ObjectKey, options?: DeleteOptions): void;
  /** Calls `listener` with every present object as `ADDED`, then with each change in order, until the returned function is called. */
  watch<T extends KubeObject>(type: ResourceType<T>, listener: (change: ObjectChange<T>) => void): () => void;

  /** Every kind that is served now, one version each, custom kinds included: garbage collection and namespace deletion need it. */
  resourceTypes(): readonly ResourceType[];
  /** What `POST …/pods/NAME/binding` does: sets `spec.nodeName` and the condition PodScheduled. */
  bindPod(key: ObjectKey, nodeName: string): void;
  /** What `POST …/serviceaccounts/NAME/token` (TokenRequest) does. `pod` or `secret` binds the token to that object. */
  createToken(
    serviceAccount: Required<ObjectKey>,
    options?: {
      audiences?: string[];
      expirationSeconds?: number;
      pod?: { name: string; uid: string };
      secret?: { name: string; uid: string };
    },
  ): { token: string; expirationTimestamp: string };
  /** A token without an end for a Secret of type `kubernetes.io/service-account-token`. */
  createSecretToken(serviceAccount: Required<ObjectKey>, secretName: string): string;
  /** Where pods reach the API server, and the certificate authority (PEM) to verify it with. */
  readonly endpoint: { host: string; port: number; certificateAuthority: string };
}

/** What `kubectl logs` asks for; absent fields mean the API server's defaults. */
export interface PodLogOptions {
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  /** Only lines younger than this many seconds. */
  sinceSeconds?: number;
  /** Only lines after this time, RFC 3339. */
  sinceTime?: string;
  limitBytes?: number;
}

/** What `kubectl exec` and `attach` ask for. */
export interface PodExecOptions {
  container: string;
  /** Empty for `attach`. */
  command: readonly string[];
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** The streams of a running exec: the node reads `stdin` and writes the others. */
export interface PodExecStreams {
  readonly stdin: AsyncIterable<Uint8Array>;
  stdout(chunk: Uint8Array): void;
  stderr(chunk: Uint8Array): void;
  /** Calls `listener` with each new size of the client's terminal. */
  onResize(listener: (size: { width: number; height: number }) => void): void;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** A connection to a port of a pod. */
export interface PodConnection {
  readonly readable: AsyncIterable<Uint8Array>;
  write(chunk: Uint8Array): Promise<void>;
  /** The client has sent all that it will. */
  end(): void;
  destroy(): void;
}

/**
 * The subresources of pods that only the node can serve. The API server has checked that pod and container exist
 * and that the pod is on a node.
 *
 * *Errors*: a thrown `ApiError` is answered as it is; anything else as an internal error with the message.
 */
export interface PodHandlers {
  /** The container's log, oldest first; ends with the log, or when `signal` aborts, or never while `follow`. */
  logs(pod: ObjectKey, options: PodLogOptions, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Runs a command in the container's environment; resolves with its exit code. */
  exec(pod: ObjectKey, options: PodExecOptions, streams: PodExecStreams): Promise<{ exitCode: number }>;
  /** Opens a TCP connection to a port of the pod. */
  connect(pod: ObjectKey, port: number): Promise<PodConnection>;
}
