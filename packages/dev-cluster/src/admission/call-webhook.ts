import { randomUUID } from "node:crypto";
import { apiVersionOf } from "@moorage/kube-types";
import { applyJsonPatch, PatchError } from "../patch/json-patch.ts";
import { ApiError } from "../status/api-error.ts";
import { type ApiObject, type Fields, fieldsAt, isApiObject, isStrings, stringAt } from "../store/api-object.ts";
import { cloneJson, encodeJson } from "../store/json.ts";
import { type AdmissionCall, requestOf, type Webhook } from "./admission-call.ts";
import { CallError, postToWebhook } from "./post-to-webhook.ts";

/** Asks a mutating webhook; returns the changed object, or undefined when it changes nothing. */
export async function callMutating(webhook: Webhook, call: AdmissionCall): Promise<ApiObject | undefined> {
  return withFailurePolicy(webhook, async () => {
    const response = await ask(webhook, call);
    return response["patch"] === undefined ? undefined : patched(response, call);
  });
}

/** Asks a validating webhook. */
export async function callValidating(webhook: Webhook, call: AdmissionCall): Promise<void> {
  await withFailurePolicy(webhook, () => ask(webhook, call));
}

async function withFailurePolicy<T>(
  { name, failurePolicy }: Webhook,
  action: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (failurePolicy === "Ignore") return undefined;
    const text = `failed calling webhook ${JSON.stringify(name)}: ${error.message}`;
    throw internalError(text);
  }
}

/** @throws ApiError with the webhook's refusal. @throws CallError */
async function ask(webhook: Webhook, call: AdmissionCall): Promise<Fields> {
  const uid = randomUUID();
  const answer = await postToWebhook(webhook, encodeJson(reviewOf(call, uid)), call.addressOf);
  const response = fieldsAt(answer, "response");
  if (!response) throw new CallError("received invalid webhook response: webhook response was absent");
  if (response["uid"] !== uid) {
    const got = JSON.stringify(response["uid"] ?? "");
    throw new CallError(`received invalid webhook response: expected response.uid=${JSON.stringify(uid)}, got ${got}`);
  }
  const warnings = response["warnings"];
  if (isStrings(warnings)) call.warnings.push(...warnings);
  if (response["allowed"] !== true) throw denial(webhook.name, fieldsAt(response, "status") ?? {});
  return response;
}

function reviewOf(call: AdmissionCall, uid: string): unknown {
  const { caller, object, old } = call;
  const userInfo = {
    username: caller.name,
    ...(caller.uid ? { uid: caller.uid } : {}),
    groups: caller.groups,
    ...(caller.extra ? { extra: caller.extra } : {}),
  };
  const request = { uid, ...requestOf(call), userInfo, object: object ?? null, oldObject: old ?? null };
  return { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request };
}

/** Source: `ToStatusErr`. */
function denial(name: string, status: Fields): ApiError {
  const message = stringAt(status, "message") || stringAt(status, "reason") || "";
  const text = `admission webhook ${JSON.stringify(name)} denied the request${message === "" ? " without explanation" : `: ${message}`}`;
  const given = status["code"];
  const code = typeof given === "number" && given >= 400 && given < 600 ? given : 400;
  return new ApiError(code, stringAt(status, "reason") ?? "", text, fieldsAt(status, "details"));
}

function patched(response: Fields, { object, kind }: AdmissionCall): ApiObject {
  if (response["patchType"] !== "JSONPatch") {
    const type = JSON.stringify(response["patchType"] ?? "");
    throw new CallError(`received invalid webhook response: response.patchType ${type} is unsupported: use JSONPatch`);
  }
  try {
    const patch: unknown = JSON.parse(Buffer.from(String(response["patch"]), "base64").toString("utf8"));
    const result = applyJsonPatch(cloneJson(object), patch);
    if (isApiObject(result) && result.kind === kind.kind && result.apiVersion === apiVersionOf(kind)) return result;
  } catch (error) {
    if (!(error instanceof PatchError) && !(error instanceof SyntaxError)) throw error;
    throw internalError(error instanceof PatchError ? patchFault(error) : error.message);
  }
  throw internalError("the patch leaves no object of the kind");
}

/** The words of the library that applies the patches of webhooks, which differ from those of the patch endpoint. */
function patchFault({ message, operation }: PatchError): string {
  const what = message.replace(/^\w+ operation does not apply: /, "");
  const head = operation ? `error in ${operation.op} for path: '${operation.path}': ` : "";
  return `${head}${what.charAt(0).toUpperCase()}${what.slice(1)}`;
}

function internalError(text: string): ApiError {
  return new ApiError(500, "InternalError", `Internal error occurred: ${text}`, { causes: [{ message: text }] });
}
