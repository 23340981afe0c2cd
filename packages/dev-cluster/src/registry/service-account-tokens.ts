import { randomUUID } from "node:crypto";
import { rfc3339Seconds } from "@moorage/kube-types";
import type { ClusterApi } from "../cluster-api.ts";
import { issuer, secretIssuer, type TokenIssuer } from "../pki/token-issuer.ts";
import { badRequest, conflict, invalid, notFound } from "../status/api-error.ts";
import { invalidValue } from "../status/field-errors.ts";
import { type ApiObject, type Fields, stringAt } from "../store/api-object.ts";
import type { Store } from "../store/store.ts";

const defaultSeconds = 3600;
const shortestSeconds = 600;
const longestSeconds = 2 ** 32;

/** Issues tokens for ServiceAccounts: what TokenRequest does. */
export function tokenCreator(store: Store, tokens: TokenIssuer): ClusterApi["createToken"] {
  return ({ namespace, name }, { audiences = [], expirationSeconds = defaultSeconds, pod, secret } = {}) => {
    const account = accountOf(store, namespace, name);
    checkLifetime(expirationSeconds);
    const bound: Fields = {
      ...(pod ? claimsOfPod(store, { namespace, account: name }, pod) : {}),
      ...(secret ? { secret: claimOf(boundObject(store, "secrets", { namespace, kind: "Secret", ...secret })) } : {}),
    };
    const now = Math.floor(Date.now() / 1000);
    const token = tokens.sign({
      aud: audiences.length > 0 ? audiences : [issuer],
      exp: now + expirationSeconds,
      iat: now,
      iss: issuer,
      jti: randomUUID(),
      "kubernetes.io": { namespace, ...bound, serviceaccount: { name, uid: account.metadata.uid } },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${name}`,
    });
    return { token, expirationTimestamp: rfc3339Seconds(new Date((now + expirationSeconds) * 1000)) };
  };
}

/** Issues tokens that last as long as the Secret that holds them. */
export function secretTokenCreator(store: Store, tokens: TokenIssuer): ClusterApi["createSecretToken"] {
  return ({ namespace, name }, secretName) =>
    tokens.sign({
      iss: secretIssuer,
      "kubernetes.io/serviceaccount/namespace": namespace,
      "kubernetes.io/serviceaccount/secret.name": secretName,
      "kubernetes.io/serviceaccount/service-account.name": name,
      "kubernetes.io/serviceaccount/service-account.uid": accountOf(store, namespace, name).metadata.uid,
      sub: `system:serviceaccount:${namespace}:${name}`,
    });
}

function accountOf(store: Store, namespace: string, name: string): ApiObject {
  const account = store.get("serviceaccounts", `${namespace}/${name}`)?.object;
  if (!account) throw notFound({ group: "", plural: "serviceaccounts" }, name);
  return account;
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

/** What a token says of the pod that it is bound to, and of the node that the pod is on. */
function claimsOfPod(
  store: Store,
  { namespace, account }: { namespace: string; account: string },
  wanted: { name: string; uid: string },
): Fields {
  const pod = boundObject(store, "pods", { namespace, kind: "Pod", ...wanted });
  if ((stringAt(pod, "spec", "serviceAccountName") ?? "") !== account) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
    );
  }
  const nodeName = stringAt(pod, "spec", "nodeName");
  const node = nodeName === undefined ? undefined : store.get("nodes", nodeName)?.object;
  return { pod: claimOf(pod), ...(node ? { node: claimOf(node) } : {}) };
}

function claimOf({ metadata }: ApiObject): Fields {
  return { name: metadata.name, uid: metadata.uid };
}

/** The object that a token is to be bound to. @throws ApiError NotFound, or Conflict where another one has its name now */
function boundObject(
  store: Store,
  plural: string,
  { namespace, kind, name, uid }: { namespace: string; kind: string; name: string; uid: string },
): ApiObject {
  const found = store.get(plural, `${namespace}/${name}`)?.object;
  if (!found) throw notFound({ group: "", plural }, name);
  if (uid === "" || uid === found.metadata.uid) return found;
  const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  throw conflict({ group: "", plural: kind }, name, why);
}
