/** Paths of a namespace's resources. */
export const paths = {
  configMaps: "/api/v1/namespaces/{ns}/configmaps",
  secrets: "/api/v1/namespaces/{ns}/secrets",
  services: "/api/v1/namespaces/{ns}/services",
  pods: "/api/v1/namespaces/{ns}/pods",
  accounts: "/api/v1/namespaces/{ns}/serviceaccounts",
  deployments: "/apis/apps/v1/namespaces/{ns}/deployments",
  statefulSets: "/apis/apps/v1/namespaces/{ns}/statefulsets",
  daemonSets: "/apis/apps/v1/namespaces/{ns}/daemonsets",
  replicaSets: "/apis/apps/v1/namespaces/{ns}/replicasets",
  jobs: "/apis/batch/v1/namespaces/{ns}/jobs",
  cronJobs: "/apis/batch/v1/namespaces/{ns}/cronjobs",
  autoscalers: "/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers",
  budgets: "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
  policies: "/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies",
  ingresses: "/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses",
  leases: "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases",
  roles: "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles",
  roleBindings: "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings",
  slices: "/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices",
  quotas: "/api/v1/namespaces/{ns}/resourcequotas",
  claims: "/api/v1/namespaces/{ns}/persistentvolumeclaims",
} as const;

export const container = (extra: object = {}): object => ({ name: "c", image: "web", ...extra });
export const podSpec = (extra: object = {}): object => ({ containers: [container()], ...extra });
export const template = (extra: object = {}): object => ({ metadata: { labels: { app: "a" } }, spec: podSpec(extra) });
export const selector = { matchLabels: { app: "a" } };

/** A ConfigMap. */
export const configMap = (name: string, data: object = {}, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  data,
});

/** A Deployment that no pods of come up: it wants none. */
export const deployment = (name: string, spec: object = {}): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: { replicas: 0, paused: true, selector, template: template(), ...spec },
});
