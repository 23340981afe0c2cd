import { generatedName } from "../registry/metadata.ts";
import type { Draft } from "../registry/registry.ts";
import { forbidden } from "../status/api-error.ts";
import { type ApiObject, ensureFields, type Fields, isFields, listAt, stringAt } from "../store/api-object.ts";
import type { Store } from "../store/store.ts";

const tokenMount = "/var/run/secrets/kubernetes.io/serviceaccount";
/** Just over an hour: kubelet asks for a new one when four fifths are over. */
const tokenSeconds = 3607;

/** Gives every pod its ServiceAccount and that account's token. Source: the ServiceAccount plugin. */
export function assignServiceAccount({ info, object, old }: Draft, store: Store): void {
  if (old || info.storage !== "pods") return;
  const spec = ensureFields(object, "spec");
  const name = stringAt(spec, "serviceAccountName") || "default";
  spec["serviceAccountName"] = name;
  spec["serviceAccount"] = name;
  const namespace = object.metadata.namespace ?? "";
  const account = store.get("serviceaccounts", `${namespace}/${name}`)?.object;
  if (!account) {
    const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
    throw forbidden(info, object.metadata.name, why);
  }
  const pullSecrets = listAt(account, "imagePullSecrets");
  if (listAt(spec, "imagePullSecrets").length === 0 && pullSecrets.length > 0) {
    spec["imagePullSecrets"] = structuredClone(pullSecrets);
  }
  if (wantsToken(spec, account)) mountToken(spec);
}

function wantsToken(spec: Fields, account: ApiObject): boolean {
  return (spec["automountServiceAccountToken"] ?? account["automountServiceAccountToken"] ?? true) === true;
}

function mountToken(spec: Fields): void {
  const containers = [...listAt(spec, "initContainers"), ...listAt(spec, "containers")].filter(isFields);
  const missing = containers.filter((container) => !hasTokenMount(container));
  if (missing.length === 0) return;
  const volume = generatedName("kube-api-access-");
  for (const container of missing) {
    const mounts = listAt(container, "volumeMounts");
    container["volumeMounts"] = [...mounts, { mountPath: tokenMount, name: volume, readOnly: true }];
  }
  spec["volumes"] = [...listAt(spec, "volumes"), tokenVolume(volume)];
}

function hasTokenMount(container: Fields): boolean {
  return listAt(container, "volumeMounts").some((mount) => stringAt(mount, "mountPath") === tokenMount);
}

function tokenVolume(name: string): Fields {
  const namespaceRef = { fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" }, path: "namespace" };
  const sources = [
    { serviceAccountToken: { expirationSeconds: tokenSeconds, path: "token" } },
    { configMap: { items: [{ key: "ca.crt", path: "ca.crt" }], name: "kube-root-ca.crt" } },
    { downwardAPI: { items: [namespaceRef] } },
  ];
  return { name, projected: { defaultMode: 0o644, sources } };
}
