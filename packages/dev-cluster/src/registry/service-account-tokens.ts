import { randomUUID } from "node:crypto";
import { rfc3339Seconds } from "@moorage/kube-types";
import type { ClusterApi } from "../cluster-api.ts";
import { issuer, type TokenIssuer } from "../pki/token-issuer.ts";
import { conflict, invalid, notFound } from "../status/api-error.ts";
import { invalidValue } from "../status/field-errors.ts";
import type { Store } from "../store/store.ts";

const defaultSeconds = 3600;
const shortestSeconds = 600;
const longestSeconds = 2 ** 32;

/** Issues tokens for ServiceAccounts: what TokenRequest does. */
export function tokenCreator(store: Store, tokens: TokenIssuer): ClusterApi["createToken"] {
  return ({ namespace, name }, { audiences = [], expirationSeconds = defaultSeconds, pod } = {}) => {
    const account = store.get("serviceaccounts", `${namespace}/${name}`)?.object;
    if (!account) throw notFound({ group: "", plural: "serviceaccounts" }, name);
    checkLifetime(expirationSeconds);
    if (pod) checkPod(store, namespace, pod);
    const now = Math.floor(Date.now() / 1000);
    const token = tokens.sign({
      aud: audiences.length > 0 ? audiences : [issuer],
      exp: now + expirationSeconds,
      iat: now,
      iss: issuer,
      jti: randomUUID(),
      "kubernetes.io": {
        namespace,
        ...(pod ? { pod: { name: pod.name, uid: pod.uid } } : {}),
        serviceaccount: { name, uid: account.metadata.uid },
      },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${name}`,
    });
    return { token, expirationTimestamp: rfc3339Seconds(new Date((now + expirationSeconds) * 1000)) };
  };
}

function checkLifetime(seconds: number): void {
  const problem =
    seconds < shortestSeconds
      ? "may not specify a duration less than 10 minutes"
      : seconds > longestSeconds
        ? "may not specify a duration larger than 2^32 seconds"
        : "";
  if (problem === "") return;
  throw invalid({ group: "authentication.k8s.io", kind: "TokenRequest", name: "" }, [
    invalidValue("spec.expirationSeconds", seconds, problem),
  ]);
}

function checkPod(store: Store, namespace: string, pod: { name: string; uid: string }): void {
  const found = store.get("pods", `${namespace}/${pod.name}`)?.object;
  if (!found) throw notFound({ group: "", plural: "pods" }, pod.name);
  if (pod.uid !== "" && pod.uid !== found.metadata.uid) {
    const why = `the UID in the bound object reference (${pod.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: "", plural: "pods" }, pod.name, why);
  }
}
