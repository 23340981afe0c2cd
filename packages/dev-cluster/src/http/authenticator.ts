import { createHash, timingSafeEqual } from "node:crypto";
import { issuer, type TokenIssuer } from "../pki/token-issuer.ts";
import type { Caller } from "../registry/strategy.ts";
import { type Fields, isStrings, stringAt } from "../store/api-object.ts";
import type { Store } from "../store/store.ts";

const authenticated = "system:authenticated";

/** The administrator whom the kubeconfig names. */
const administrator: Caller = { name: "kubernetes-admin", groups: ["system:masters", authenticated] };

/** The user and group of requests without credentials. */
const anonymous: Caller = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** Tells who makes a request by its bearer token. */
export class Authenticator {
  readonly #store: Store;
  readonly #tokens: TokenIssuer;
  readonly #adminDigest: Buffer;

  constructor(store: Store, tokens: TokenIssuer, adminToken: string) {
    this.#store = store;
    this.#tokens = tokens;
    this.#adminDigest = digest(adminToken);
  }

  /** The caller, or undefined for a token that is not valid. */
  authenticate(authorization: string): Caller | undefined {
    if (authorization === "") return anonymous;
    const [scheme = "", token = ""] = authorization.split(" ");
    if (scheme.toLowerCase() !== "bearer" || token === "") return anonymous;
    if (timingSafeEqual(digest(token), this.#adminDigest)) return administrator;
    return this.verifyToken(token, [issuer])?.caller;
  }

  /** The ServiceAccount that a token speaks for, if it is valid for one of the audiences. */
  verifyToken(token: string, audiences: readonly string[]): { caller: Caller; audiences: string[] } | undefined {
    const claims = this.#tokens.verify(token);
    if (!claims) return undefined;
    const granted = isStrings(claims["aud"]) ? claims["aud"] : [];
    const matching = granted.filter((audience) => audiences.includes(audience));
    const caller = this.#callerOf(claims);
    return caller && matching.length > 0 ? { caller, audiences: matching } : undefined;
  }

  /** A token dies with its ServiceAccount, and with the pod that it is bound to. */
  #callerOf(claims: Fields): Caller | undefined {
    const namespace = stringAt(claims, "kubernetes.io", "namespace") ?? "";
    const name = stringAt(claims, "kubernetes.io", "serviceaccount", "name") ?? "";
    const uid = stringAt(claims, "kubernetes.io", "serviceaccount", "uid");
    if (this.#store.get("serviceaccounts", `${namespace}/${name}`)?.object.metadata.uid !== uid) return undefined;
    const pod = stringAt(claims, "kubernetes.io", "pod", "name");
    const podUid = stringAt(claims, "kubernetes.io", "pod", "uid");
    if (pod !== undefined && this.#store.get("pods", `${namespace}/${pod}`)?.object.metadata.uid !== podUid)
      return undefined;
    const bound = {
      "authentication.kubernetes.io/pod-name": [pod ?? ""],
      "authentication.kubernetes.io/pod-uid": [podUid ?? ""],
    };
    return {
      name: `system:serviceaccount:${namespace}:${name}`,
      ...(uid === undefined ? {} : { uid }),
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, authenticated],
      extra: {
        "authentication.kubernetes.io/credential-id": [`JTI=${stringAt(claims, "jti") ?? ""}`],
        ...(pod ? bound : {}),
      },
    };
  }
}

/** Digests are compared, so that neither content nor length of the token shows in the time. */
function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
