import { apiVersionOf, rfc3339Seconds } from "@moorage/kube-types";
import { trackUpdate } from "../apply/track-update.ts";
import { issuer } from "../pki/token-issuer.ts";
import { reviewAccess, reviewRules } from "../rbac/access-reviews.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import type { Caller } from "../registry/strategy.ts";
import { badRequest } from "../status/api-error.ts";
import { type ApiObject, isStrings, stringAt, valueAt } from "../store/api-object.ts";
import type { ApiServerParts } from "./api-server.ts";
import { readObject } from "./decode-body.ts";
import type { Exchange } from "./exchange.ts";
import { placeInNamespace, type Target } from "./write-handlers.ts";
import { writeOptions } from "./write-options.ts";

type Answer = (parts: ApiServerParts, review: ApiObject, caller: Caller) => ApiObject;

const access: Answer = ({ authorizer }, review, caller) => reviewAccess(authorizer, review, caller);

/** Kinds that are questions: nothing is stored, the answer is in the status. */
const answers: Readonly<Record<string, Answer>> = {
  SelfSubjectAccessReview: access,
  SubjectAccessReview: access,
  LocalSubjectAccessReview: access,
  SelfSubjectRulesReview: ({ authorizer }, review, caller) => reviewRules(authorizer, review, caller),
  SelfSubjectReview: (_parts, review, caller) => ({ ...review, status: { userInfo: userInfo(caller) } }),
  TokenReview: reviewToken,
};

/** Whether objects of the kind are questions. */
export function isVirtual(info: ResourceInfo): boolean {
  return answers[info.kind] !== undefined && /^auth/.test(info.group);
}

/** Answers the creation of a question. */
export async function answerVirtual(parts: ApiServerParts, exchange: Exchange, { info, path }: Target): Promise<void> {
  const review = await readObject(exchange, info);
  placeInNamespace(review, info, path.namespace);
  trackUpdate({ info, key: "", object: review, options: writeOptions(exchange) });
  // The only question that is answered as if it were stored.
  if (info.kind === "SelfSubjectReview") review.metadata.creationTimestamp = rfc3339Seconds(new Date());
  const answer = answers[info.kind]?.(parts, review, exchange.caller);
  exchange.send(201, { kind: info.kind, apiVersion: apiVersionOf(info), ...answer });
}

function userInfo({ name, uid, groups, extra }: Caller): object {
  return { username: name, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
}

function reviewToken({ authenticator }: ApiServerParts, review: ApiObject): ApiObject {
  const audiences = valueAt(review, "spec", "audiences");
  const wanted = isStrings(audiences) && audiences.length > 0 ? audiences : [issuer];
  const token = stringAt(review, "spec", "token") ?? "";
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  const verified = authenticator.verifyToken(token, wanted);
  const status = verified.ok
    ? { authenticated: true, user: userInfo(verified.caller), audiences: verified.audiences }
    : { user: {}, error: verified.error === "" ? noToken : `[${noToken}, ${verified.error}]` };
  return { ...review, status };
}

const noToken = "invalid bearer token";
