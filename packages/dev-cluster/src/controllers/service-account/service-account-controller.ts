import { ConfigMap, Namespace, ServiceAccount } from "@moorage/kube-types/core-v1";
import { type BuiltInController, keyIn, watch } from "../runtime/controller.ts";

const rootCaName = "kube-root-ca.crt";

/** The namespace's own key: a change of what we keep in it is a change of the namespace. */
const ofNamespace = (name: string) => (object: { metadata: { name: string; namespace?: string } }) =>
  object.metadata.name === name && object.metadata.namespace !== undefined ? [{ name: object.metadata.namespace }] : [];

/** Keeps the ServiceAccount `default` in every namespace. */
export const serviceAccountController: BuiltInController = {
  name: "ServiceAccount",
  watches: [watch(Namespace), watch(ServiceAccount, ofNamespace("default"))],

  reconcile(key, { api }) {
    const namespace = api.get(Namespace, key);
    if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return undefined;
    const metadata = { name: "default", namespace: namespace.metadata.name };
    if (api.get(ServiceAccount, metadata)) return undefined;
    api.create(ServiceAccount, { apiVersion: "v1", kind: "ServiceAccount", metadata });
    return undefined;
  },
};

/** Keeps the ConfigMap `kube-root-ca.crt` in every namespace, by which pods verify the API server. */
export const rootCaController: BuiltInController = {
  name: "RootCertificateAuthority",
  watches: [watch(Namespace), watch(ConfigMap, ofNamespace(rootCaName))],

  reconcile(key, { api }) {
    const namespace = api.get(Namespace, key);
    if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return undefined;
    const data = { "ca.crt": api.endpoint.certificateAuthority };
    const existing = api.get(ConfigMap, keyIn(namespace.metadata.name, rootCaName));
    if (!existing) {
      const annotations = {
        "kubernetes.io/description":
          "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
      };
      const metadata = { name: rootCaName, namespace: namespace.metadata.name, annotations };
      api.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
    } else if (existing.data?.["ca.crt"] !== data["ca.crt"] || Object.keys(existing.data).length !== 1) {
      api.update(ConfigMap, { ...existing, data });
    }
    return undefined;
  },
};
