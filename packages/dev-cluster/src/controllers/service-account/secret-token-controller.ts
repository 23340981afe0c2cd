import { Secret, ServiceAccount } from "@moorage/kube-types/core-v1";
import type { ClusterApi } from "../../cluster-api.ts";
import { type BuiltInController, keyIn, keyOf, watch } from "../runtime/controller.ts";

const tokenType = "kubernetes.io/service-account-token";
const accountAnnotation = "kubernetes.io/service-account.name";
const uidAnnotation = "kubernetes.io/service-account.uid";

/** Fills Secrets of the type `kubernetes.io/service-account-token`, and removes those of accounts that are gone. */
export const secretTokenController: BuiltInController = {
  name: "ServiceAccountToken",
  watches: [
    watch(Secret, (secret) => (secret.type === tokenType ? [keyOf(secret)] : [])),
    watch(ServiceAccount, ({ metadata: { name, namespace = "" } }, { api }) =>
      tokenSecrets(api, namespace).filter(isOf(name)).map(keyOf),
    ),
  ],

  reconcile(key, { api }) {
    const secret = api.get(Secret, key);
    if (secret?.type !== tokenType || secret.metadata.deletionTimestamp !== undefined) return undefined;
    const { namespace = "", annotations = {} } = secret.metadata;
    const account = api.get(ServiceAccount, keyIn(namespace, annotations[accountAnnotation] ?? ""));
    const known = annotations[uidAnnotation];
    if (!account || (known !== undefined && known !== account.metadata.uid)) {
      api.delete(Secret, key, { preconditions: { uid: secret.metadata.uid ?? "" } });
    } else if (known === undefined || !secret.data?.["token"]) fill(api, secret, account);
    return undefined;
  },
};

function tokenSecrets(api: ClusterApi, namespace: string): Secret[] {
  return api.list(Secret, { namespace }).filter(({ type }) => type === tokenType);
}

function isOf(account: string): (secret: Secret) => boolean {
  return ({ metadata }) => metadata.annotations?.[accountAnnotation] === account;
}

function fill(api: ClusterApi, secret: Secret, { metadata: account }: ServiceAccount): void {
  const { name, namespace = "" } = secret.metadata;
  const token = api.createSecretToken({ namespace, name: account.name }, name);
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const annotations = { ...secret.metadata.annotations, [uidAnnotation]: account.uid ?? "" };
  const data = {
    ...secret.data,
    "ca.crt": base64(api.endpoint.certificateAuthority),
    namespace: base64(namespace),
    token: base64(token),
  };
  api.update(Secret, { ...secret, metadata: { ...secret.metadata, annotations }, data });
}
