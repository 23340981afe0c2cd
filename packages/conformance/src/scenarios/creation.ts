import type { Scenario } from "../scenario.ts";
import { create, read } from "../step.ts";
import { configMap, container, deployment, paths, podSpec, selector, template } from "./objects.ts";

const meta = (name: string) => ({ metadata: { name } });

/** What the server makes of a new object: defaults, ownership, allocated parts. */
const cases: [name: string, path: string, body: object][] = [
  ["ConfigMap", paths.configMaps, configMap("a", { k: "v" }, { labels: { x: "y" }, annotations: { n: "m" } })],
  ["ConfigMap with nulls and empty parts", paths.configMaps, { ...meta("a"), data: null, binaryData: {} }],
  [
    "ConfigMap with finalizers and owners",
    paths.configMaps,
    configMap("a", {}, { ownerReferences: [{ apiVersion: "v1", kind: "Secret", name: "s", uid: "1-2-3" }] }),
  ],
  ["Secret with plain data", paths.secrets, { ...meta("a"), data: { b: "Yg==" }, stringData: { a: "x" } }],
  ["ServiceAccount", paths.accounts, meta("robot")],
  ["Service", paths.services, { ...meta("a"), spec: { selector: { app: "a" }, ports: [{ port: 80 }] } }],
  [
    "Service with named ports",
    paths.services,
    {
      ...meta("a"),
      spec: {
        ports: [
          { name: "a", port: 80, targetPort: "http" },
          { name: "b", port: 81, protocol: "UDP" },
        ],
      },
    },
  ],
  [
    "headless Service",
    paths.services,
    { ...meta("a"), spec: { clusterIP: "None", selector: { app: "a" }, ports: [{ port: 80 }] } },
  ],
  [
    "Service with session affinity",
    paths.services,
    { ...meta("a"), spec: { sessionAffinity: "ClientIP", ports: [{ port: 80 }] } },
  ],
  ["Service of type NodePort", paths.services, { ...meta("a"), spec: { type: "NodePort", ports: [{ port: 80 }] } }],
  [
    "Service of type ExternalName",
    paths.services,
    { ...meta("a"), spec: { type: "ExternalName", externalName: "example.com" } },
  ],
  ["Deployment", paths.deployments, deployment("a")],
  ["Deployment that recreates", paths.deployments, deployment("a", { strategy: { type: "Recreate" } })],
  [
    "Deployment with everything in its pods",
    paths.deployments,
    deployment("a", {
      template: template({
        containers: [
          container({
            image: "web:1",
            ports: [{ containerPort: 80 }],
            env: [
              { name: "A", value: "b" },
              { name: "N", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            ],
            envFrom: [{ configMapRef: { name: "c" } }],
            resources: { requests: { cpu: "0.5", memory: "1024Mi" }, limits: { cpu: 1 } },
            livenessProbe: { httpGet: { path: "/", port: 80 } },
            readinessProbe: { tcpSocket: { port: "web" }, initialDelaySeconds: 5 },
            lifecycle: { preStop: { httpGet: { port: 80 } } },
            volumeMounts: [{ name: "v", mountPath: "/v" }],
            securityContext: { runAsNonRoot: true },
          }),
        ],
        initContainers: [{ name: "i", image: "init:latest" }],
        volumes: [
          { name: "v" },
          { name: "c", configMap: { name: "c" } },
          { name: "s", secret: { secretName: "s" } },
          { name: "h", hostPath: { path: "/x" } },
        ],
        serviceAccountName: "default",
      }),
    }),
  ],
  ["ReplicaSet", paths.replicaSets, { ...meta("a"), spec: { replicas: 0, selector, template: template() } }],
  [
    "StatefulSet",
    paths.statefulSets,
    { ...meta("a"), spec: { replicas: 0, serviceName: "s", selector, template: template() } },
  ],
  [
    "StatefulSet with claims",
    paths.statefulSets,
    {
      ...meta("a"),
      spec: {
        replicas: 0,
        selector,
        template: template(),
        volumeClaimTemplates: [
          {
            metadata: { name: "d" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ],
      },
    },
  ],
  ["DaemonSet", paths.daemonSets, { ...meta("a"), spec: { selector, template: template() } }],
  [
    "Job",
    paths.jobs,
    { ...meta("a"), spec: { suspend: true, template: { spec: podSpec({ restartPolicy: "Never" }) } } },
  ],
  [
    "CronJob",
    paths.cronJobs,
    {
      ...meta("a"),
      spec: {
        suspend: true,
        schedule: "* * * * *",
        jobTemplate: { spec: { template: { spec: podSpec({ restartPolicy: "Never" }) } } },
      },
    },
  ],
  [
    "HorizontalPodAutoscaler",
    paths.autoscalers,
    {
      ...meta("a"),
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "none" } },
    },
  ],
  ["PodDisruptionBudget", paths.budgets, { ...meta("a"), spec: { minAvailable: "50%", selector } }],
  ["NetworkPolicy", paths.policies, { ...meta("a"), spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] } }],
  [
    "NetworkPolicy with egress",
    paths.policies,
    { ...meta("a"), spec: { podSelector: selector, egress: [{ to: [{ namespaceSelector: {} }] }] } },
  ],
  [
    "Ingress",
    paths.ingresses,
    {
      ...meta("a"),
      spec: {
        rules: [
          {
            host: "a.example.com",
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "s", port: { number: 80 } } } }],
            },
          },
        ],
      },
    },
  ],
  [
    "Lease",
    paths.leases,
    {
      ...meta("a"),
      spec: { holderIdentity: "me", leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z" },
    },
  ],
  ["Role", paths.roles, { ...meta("a"), rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] }],
  ["Role without rules", paths.roles, meta("a")],
  [
    "RoleBinding",
    paths.roleBindings,
    {
      ...meta("a"),
      roleRef: { kind: "Role", name: "a" },
      subjects: [
        { kind: "User", name: "u" },
        { kind: "ServiceAccount", name: "s", namespace: "{ns}" },
      ],
    },
  ],
  [
    "EndpointSlice",
    paths.slices,
    { ...meta("a"), addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80 }] },
  ],
  ["Pod", paths.pods, { ...meta("a"), spec: podSpec() }],
  [
    "Pod of a higher class",
    paths.pods,
    { ...meta("a"), spec: { containers: [container({ resources: { limits: { cpu: "1", memory: "1Gi" } } })] } },
  ],
  ["Pod without a token", paths.pods, { ...meta("a"), spec: podSpec({ automountServiceAccountToken: false }) }],
  [
    "Event",
    "/api/v1/namespaces/{ns}/events",
    {
      ...meta("a"),
      involvedObject: { kind: "Pod", name: "p", namespace: "{ns}" },
      reason: "R",
      message: "m",
      type: "Normal",
    },
  ],
];

/** Creations, each read again, as an object and as a table. */
export const creationScenarios: readonly Scenario[] = [
  ...cases.map(([name, path, body]) => ({ name: `creating a ${name}`, steps: [create(path, body)] })),
  {
    name: "creating twice",
    steps: [create(paths.configMaps, configMap("a")), create(paths.configMaps, configMap("a"))],
  },
  { name: "a generated name", steps: [create(paths.configMaps, { metadata: { generateName: "gen-" } })] },
  {
    name: "creating a PersistentVolumeClaim",
    steps: [
      create(paths.claims, {
        ...meta("a"),
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      }),
    ],
    differs: "claims carry no protection finalizer: no controller here would take it off again",
  },
  {
    name: "a dry run",
    steps: [create(`${paths.configMaps}?dryRun=All`, configMap("a")), read(`${paths.configMaps}/a`)],
  },
  {
    name: "metadata only",
    steps: [
      create(paths.configMaps, configMap("a", { k: "v" })),
      read(`${paths.configMaps}/a`, "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"),
    ],
  },
  { name: "unknown fields are warned of", steps: [create(paths.configMaps, { ...configMap("a"), foo: 1 })] },
];
