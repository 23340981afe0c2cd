import { hash, timingSafeEqual } from "node:crypto";
import { issuer, secretIssuer, type TokenIssuer } from "../pki/token-issuer.ts";
import type { Caller } from "../registry/strategy.ts";
import { type ApiObject, type Fields, isStrings, stringAt } from "../store/api-object.ts";
import type { Store } from "../store/store.ts";

const authenticated = "system:authenticated";

/** The administrator whom the kubeconfig names. */
const administrator: Caller = { name: "kubernetes-admin", groups: ["system:masters", authenticated] };

/** The user and group of requests without credentials. */
const anonymous: Caller = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** Whom a token speaks for, or what is wrong with it; the error is empty where it is no token at all. */
export type VerifiedToken =
  | { readonly ok: true; readonly caller: Caller; readonly audiences: readonly string[] }
  | { readonly ok: false; readonly error: string };

const refused = (error: string): VerifiedToken => ({ ok: false, error });
const invalidated = "service account token has been invalidated";

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
    const verified = this.verifyToken(token, [issuer]);
    return verified.ok ? verified.caller : undefined;
  }

  /** The ServiceAccount that a token speaks for, if it is valid for one of the audiences. Worded as upstream's validators. */
  verifyToken(token: string, audiences: readonly string[]): VerifiedToken {
    const claims = this.#tokens.read(token);
    if (claims === "malformed") return refused("");
    if (claims === "forged") return refused("go-jose/go-jose: error in cryptographic primitive");
    if (claims["iss"] === secretIssuer) return this.#verifySecretToken(token, claims, audiences);
    if (claims["iss"] !== issuer) return refused("");
    const granted = isStrings(claims["aud"]) ? claims["aud"] : [];
    const matching = granted.filter((audience) => audiences.includes(audience));
    if (matching.length === 0) {
      return refused(`token audiences ${list(granted)} is invalid for the target audiences ${list(audiences)}`);
    }
    const fault = timeFault(claims) ?? this.#claimFault(claims);
    return fault === undefined ? { ok: true, caller: callerOf(claims), audiences: matching } : refused(fault);
  }

  /** A token dies with its ServiceAccount, and with the object that it is bound to. */
  #claimFault(claims: Fields): string | undefined {
    const own = (...path: string[]) => stringAt(claims, "kubernetes.io", ...path);
    const namespace = own("namespace") ?? "";
    const account = { name: own("serviceaccount", "name") ?? "", uid: own("serviceaccount", "uid") };
    const fault = this.#accountFault(namespace, account);
    if (fault !== undefined) return fault;
    const bound = [
      ["secrets", "secret"],
      ["pods", "pod"],
    ] as const;
    for (const [storage, claim] of bound) {
      const name = own(claim, "name");
      if (name === undefined) continue;
      if (this.#find(storage, namespace, name)?.metadata.uid !== own(claim, "uid")) return invalidated;
    }
    return undefined;
  }

  #accountFault(namespace: string, { name, uid }: { name: string; uid: string | undefined }): string | undefined {
    const account = this.#find("serviceaccounts", namespace, name);
    if (!account) return `serviceaccounts ${JSON.stringify(name)} not found`;
    if (account.metadata.uid === uid) return undefined;
    return `service account UID (${account.metadata.uid}) does not match claim (${uid})`;
  }

  /** A token without an end lasts as long as the Secret that holds it. */
  #verifySecretToken(token: string, claims: Fields, audiences: readonly string[]): VerifiedToken {
    const own = (name: string) => stringAt(claims, `kubernetes.io/serviceaccount/${name}`) ?? "";
    const namespace = own("namespace");
    if (!audiences.includes(issuer))
      return refused(`token audiences ${list([issuer])} is invalid for the target audiences ${list(audiences)}`);
    const secret = this.#find("secrets", namespace, own("secret.name"));
    const stored = Buffer.from(stringAt(secret, "data", "token") ?? "", "base64").toString("utf8");
    if (!secret || stored !== token) return refused(invalidated);
    const account = { name: own("service-account.name"), uid: own("service-account.uid") };
    const fault = this.#accountFault(namespace, account);
    if (fault !== undefined) return refused(fault);
    return { ok: true, caller: accountCaller(namespace, account), audiences: [issuer] };
  }

  #find(storage: string, namespace: string, name: string): ApiObject | undefined {
    return this.#store.get(storage, `${namespace}/${name}`)?.object;
  }
}

function timeFault({ exp, nbf }: Fields): string | undefined {
  const seconds = Date.now() / 1000;
  if (typeof exp !== "number" || exp <= seconds) return "service account token has expired";
  return typeof nbf === "number" && nbf > seconds + 5 ? "service account token is not valid yet" : undefined;
}

function callerOf(claims: Fields): Caller {
  const own = (...path: string[]) => stringAt(claims, "kubernetes.io", ...path);
  const account = { name: own("serviceaccount", "name") ?? "", uid: own("serviceaccount", "uid") };
  const extra: Record<string, string[]> = {
    "authentication.kubernetes.io/credential-id": [`JTI=${stringAt(claims, "jti") ?? ""}`],
  };
  for (const kind of ["pod", "node"]) {
    const name = own(kind, "name");
    if (name === undefined) continue;
    extra[`authentication.kubernetes.io/${kind}-name`] = [name];
    extra[`authentication.kubernetes.io/${kind}-uid`] = [own(kind, "uid") ?? ""];
  }
  return { ...accountCaller(own("namespace") ?? "", account), extra };
}

function accountCaller(namespace: string, { name, uid }: { name: string; uid: string | undefined }): Caller {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    ...(uid === undefined ? {} : { uid }),
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, authenticated],
  };
}

/** A list as Go's `%q` prints it. */
function list(items: readonly string[]): string {
  return `[${items.map((item) => JSON.stringify(item)).join(" ")}]`;
}

/** Digests are compared, so that neither content nor length of the token shows in the time. */
function digest(token: string): Buffer {
  return hash("sha256", token, "buffer");
}
