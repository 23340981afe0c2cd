/**
 * Writes the two ways to run the operator: deploy/install.yaml for a whole cluster, and deploy/namespaced, a Kustomize
 * folder for one namespace and its administrator, with Roles only.
 */
import type { AccessRule } from "@moorage/operator-runtime";
import { resources } from "@moorage/resources";
import { fieldOf, labels, operatorDeployment, selector } from "./install/operator-deployment.ts";
import { certificateRules, controllerRules, leaseRules, name, registrationRules } from "./install/roles.ts";
import { writeYaml } from "./write-yaml.ts";

const webhookService = "moorage-webhooks";
const rbac = "rbac.authorization.k8s.io";

/** A role and its binding to the operator. */
function grant(kind: "Role" | "ClusterRole", namespace: string, rules: readonly AccessRule[]) {
  const metadata = { name, ...(kind === "Role" && { namespace }), labels };
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  return [
    { apiVersion: `${rbac}/v1`, kind, metadata, rules },
    { apiVersion: `${rbac}/v1`, kind: `${kind}Binding`, metadata, roleRef: { apiGroup: rbac, kind, name }, subjects },
  ];
}

const system = "moorage-system";
writeYaml("install.yaml", [
  ...resources.map(({ crd }) => crd),
  {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: system, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  },
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: system, labels } },
  ...grant("ClusterRole", system, [...controllerRules, ...registrationRules]),
  ...grant("Role", system, [...leaseRules, ...certificateRules]),
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: webhookService, namespace: system, labels },
    spec: { selector, ports: [{ name: "https", port: 443, targetPort: "webhooks" }] },
  },
  operatorDeployment(
    { name, namespace: system, labels },
    { args: [`--webhook-service=${webhookService}`], env: [], ports: [{ name: "webhooks", containerPort: 9443 }] },
  ),
]);

const own = "moorage";
const howTo = [
  "The operator for one namespace. An administrator of the cluster installs the kinds once:",
  "  kubectl apply --server-side -f deploy/crds",
  "Then whoever administers the namespace, which has to exist, sets its name here and installs the operator in it:",
  "  kubectl apply -k deploy/namespaced",
  "It needs no right outside the namespace, and so registers no webhooks.",
];
writeYaml(
  "namespaced/kustomization.yaml",
  [
    {
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      namespace: own,
      resources: ["operator.yaml"],
    },
  ],
  { comment: howTo },
);
writeYaml("namespaced/operator.yaml", [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: own, labels } },
  ...grant("Role", own, [...controllerRules, ...leaseRules]),
  operatorDeployment(
    { name, namespace: own, labels },
    { args: [], env: [fieldOf("WATCH_NAMESPACE", "metadata.namespace")], ports: [] },
  ),
]);
