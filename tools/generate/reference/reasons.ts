/** What conditions and reasons mean, for the reference pages. Code decides which there are; `check-reasons.ts` compares. */

/** Condition types with what True means. */
export type ConditionWords = Readonly<Record<string, string>>;
export type Kind = "MCPServer" | "ToolConfig" | "WebApp";

export interface Reason {
  name: string;
  meaning: string;
}

const resourceConflict =
  "The name of a child is taken by an object that another owner holds, which is never touched. Absent where it is not.";
const podTemplateValid = "`spec.podTemplateSpec` can be merged into the pod template. Absent without one.";

export const conditionsOf: Readonly<Record<Kind, ConditionWords>> = {
  MCPServer: {
    Ready:
      "A real MCP handshake succeeded, and clients can use the server. False says the first thing that is in the way.",
    Available: "Enough server pods are available, whatever else keeps clients out.",
    Progressing:
      "The operator or the cluster is on the way to what the spec says. False with Ready=False: a user has to act.",
    Degraded: "Something is wrong and something still serves: the last good configuration, or some of the pods.",
    ToolConfigResolved: "The ToolConfig that `spec.toolConfigRef` names exists and is valid.",
    SecretResolved: "Every Secret that the server reads exists, with the keys that it is to have.",
    ConfigMapResolved: "Every ConfigMap that the server reads exists, with the keys that it is to have.",
    OIDCConfigValid: "What `spec.oidcConfig` says or refers to can be used.",
    AuthzConfigValid: "The policies that `spec.authzConfig` holds or refers to parse.",
    PermissionProfileValid: "The profile that `spec.permissionProfile` names exists and is valid.",
    TelemetryConfigValid: "The Secret that `spec.telemetry` refers to exists.",
    TLSConfigValid: "The Secret that `spec.tls` refers to holds a certificate and a key.",
    Exposed: "The route that `spec.exposure` asks for is written.",
    PodTemplateValid: podTemplateValid,
    ResourceConflict: resourceConflict,
  },
  ToolConfig: {
    Ready: "The same as Valid.",
    Valid: "MCPServers use it. False: they go on with the last valid version, or wait for one.",
    Available: "The same as Valid.",
    Progressing: "It is being deleted, and waits for the MCPServers that refer to it.",
    Degraded: "It is not valid, and MCPServers refer to it.",
    DeletionBlocked: "It is being deleted, and MCPServers refer to it; the message names them. Absent otherwise.",
  },
  WebApp: {
    Ready: "Every pod is available and of this generation.",
    Available: "At least one pod is available, or none is wanted.",
    Progressing: "The app is on the way to what the spec says.",
    Degraded: "A pod has a problem, and others serve.",
    PodTemplateValid: podTemplateValid,
    ResourceConflict: resourceConflict,
  },
};

/** Where reasons come from: the folder whose code sets them, and the kinds that show them. */
export interface ReasonSource {
  folder: string;
  kinds: readonly Kind[];
  reasons: Readonly<Record<string, string>>;
}

export const reasonSources: readonly ReasonSource[] = [
  {
    folder: "packages/controllers/src/mcp-server",
    kinds: ["MCPServer"],
    reasons: {
      HandshakeSucceeded: "The server answered; the message says what it is.",
      HandshakePending: "The proxy has not reached the server yet.",
      ServerStarting: "Server pods are being started.",
      ServerNotListening: "The server runs and does not answer its readiness probe: `spec.targetPort` may be wrong.",
      ProxyStarting: "The proxy is being started, or does not answer yet.",
      ServiceStarting: "The Service has no address yet.",
      NoReadyEndpoints: "The Service leads to no pod that is ready.",
      ScaledToZero: "`spec.replicas` is 0, or nobody has used the server for a while: the message says which.",
      ProxyScaledToZero: "`spec.proxy.replicas` is 0.",
      CommandMissing: "An OCI image that speaks stdio needs `spec.command`.",
      ProtectionNotEnforced: "The spec asks for a protection that this version does not give: clients are kept out.",
      PodCreationFailed: "The API server refused a pod; the message holds its words.",
      PodSecurityViolation: "The namespace's Pod Security level forbids a pod.",
      QuotaExceeded: "A ResourceQuota of the namespace is used up.",
      ServiceAccountNotFound: "`spec.serviceAccountName` names a ServiceAccount that does not exist.",
      MinimumReplicasAvailable: "Enough pods are available.",
      SomeServersUnavailable: "Fewer server pods are available than are wanted.",
      RollingOut: "Pods of this generation are being started.",
      RolledOut: "Every pod, of server and proxy, is of this generation.",
      Reconfiguring: "Not every proxy has read its new configuration yet.",
      ConfigurationRefused: "A proxy refuses its new configuration and goes on with the last good one.",
      AsExpected: "Nothing is known to be wrong.",
      Resolved: "Everything that the spec refers to is there and valid.",
      ToolConfigNotFound: "`spec.toolConfigRef` names a ToolConfig that does not exist.",
      ToolConfigInvalid: "The ToolConfig is not valid: its own condition Valid says why.",
      SecretNotFound: "A field names a Secret that does not exist.",
      SecretKeyNotFound: "A field names a key that the Secret does not have.",
      ConfigMapNotFound: "A field names a ConfigMap that does not exist.",
      ConfigMapKeyNotFound: "A field names a key that the ConfigMap does not have.",
      OIDCConfigInvalid: "What `spec.oidcConfig` says or refers to cannot be used.",
      AuthzConfigInvalid: "Policies or entities do not parse; the message says where.",
      PermissionProfileInvalid: "The profile cannot be used; the message says why.",
      KindNotServed: "The cluster does not serve a kind that the spec needs.",
      RouteWritten: "The route is there.",
    },
  },
  {
    folder: "packages/mcp-proxy/src/upstream",
    kinds: ["MCPServer"],
    reasons: {
      HandshakeTimeout: "The server gave no valid answer in time.",
      HandshakeRefused: "The server refused `initialize`; the message holds its words.",
      NotMCP: "What answers does not speak MCP.",
      ToolsListFailed: "The server refused `tools/list`.",
      HostNotFound: "The server's name does not resolve: no pod of it is ready.",
      ConnectionRefused: "Nothing listens at the server's port.",
      ConnectionLost: "The connection broke.",
      Aborted: "The handshake was abandoned.",
    },
  },
  {
    folder: "packages/controllers/src/pods",
    kinds: ["MCPServer", "WebApp"],
    reasons: {
      ImagePullFailed: "The image cannot be had; the message says why.",
      ContainerConfigInvalid: "A container cannot be started as it is described.",
      CrashLoop: "A container ends again and again; the message holds its last output.",
      Unschedulable: "No node can run a pod.",
      PodTemplateInvalid: "`spec.podTemplateSpec` cannot be merged.",
      Valid: "`spec.podTemplateSpec` can be merged.",
    },
  },
  {
    folder: "packages/controllers/src/tool-config",
    kinds: ["ToolConfig"],
    reasons: {
      Valid: "Every tool that it knows of has a name of its own.",
      OverrideWithoutEffect: "It is valid, and an override in it changes nothing that clients see.",
      EmptyFilterEntry: "An entry of `spec.filter` is blank.",
      DuplicateFilterEntry: "`spec.filter` names a tool twice.",
      EmptyOverrideKey: "A key of `spec.override` is blank.",
      EmptyOverrideName: "A name in `spec.override` is blank.",
      NameCollision: "Two tools would have one name.",
      Settled: "Nothing is under way.",
      ReferredTo: "It is being deleted, and MCPServers refer to it.",
      DeletionBlocked: "Event: the same.",
      InvalidInUse: "MCPServers refer to it and cannot take it over.",
      AsExpected: "No MCPServer waits for a valid version.",
    },
  },
  {
    folder: "packages/controllers/src/web-app",
    kinds: ["WebApp"],
    reasons: {
      AllPodsAvailable: "Every pod is available.",
      MinimumReplicasAvailable: "At least one pod is available, or none is wanted.",
      Created: "The app has been seen.",
      Reconciling: "Its Deployment is being made.",
      WaitingForPodsReady: "Pods are being started.",
      Ready: "Nothing is being changed.",
      Scaling: "The number of pods is changing.",
      Failed: "Only a change by a user helps: Ready says which.",
      AsExpected: "Nothing is known to be wrong.",
    },
  },
  {
    folder: "packages/operator-runtime/src/reconcile",
    kinds: ["MCPServer", "WebApp"],
    reasons: {
      ResourceConflict: "A child's name is taken by an object of another owner.",
      NameTaken: "The same, of the condition ResourceConflict.",
      ApplyFailed: "The API server refused a child; the message holds its words.",
      DriftLoop: "Event: somebody changes a child back each time it is corrected.",
    },
  },
  {
    folder: "packages/operator-runtime/src/reconcile",
    kinds: ["MCPServer", "ToolConfig", "WebApp"],
    reasons: {
      ReconcileFailed: "Event: the operator met an error, and tries again.",
    },
  },
];

/** Of pods of a proxy: the reasons of pods with this in front. */
const proxyReasons: Reason = { name: "Proxy…", meaning: "The same of the proxy's pods, for example `ProxyCrashLoop`." };

/** Every reason that an object of the kind may show, by name. */
export function reasonsOf(kind: Kind): Reason[] {
  const shown = reasonSources
    .filter(({ kinds }) => kinds.includes(kind))
    .flatMap(({ reasons }) => Object.entries(reasons).map(([name, meaning]) => ({ name, meaning })));
  return [...shown, ...(kind === "MCPServer" ? [proxyReasons] : [])].toSorted((a, b) => a.name.localeCompare(b.name));
}
