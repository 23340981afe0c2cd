import { randomUUID } from "node:crypto";
import { request as httpsRequest } from "node:https";
import { apiVersionOf } from "@moorage/kube-types";
import { applyJsonPatch, PatchError } from "../patch/json-patch.ts";
import { ApiError } from "../status/api-error.ts";
import {
  type ApiObject,
  type Fields,
  fieldsAt,
  isApiObject,
  isFields,
  isStrings,
  stringAt,
} from "../store/api-object.ts";
import { cloneJson, encodeJson } from "../store/json.ts";
import type { AdmissionCall, Webhook } from "./admission-call.ts";

/** The webhook could not be asked, or its answer makes no sense. */
class CallError extends Error {
  override readonly name = "CallError";
}

const answerLimitBytes = 4 * 1024 * 1024;

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
    throw new ApiError(500, "InternalError", `Internal error occurred: ${text}`, { causes: [{ message: text }] });
  }
}

/** @throws ApiError with the webhook's refusal. @throws CallError */
async function ask(webhook: Webhook, call: AdmissionCall): Promise<Fields> {
  const uid = randomUUID();
  const answer = await post(webhook, encodeJson(reviewOf(call, uid)), call);
  const response = fieldsAt(answer, "response");
  if (!response)
    throw new CallError("expected response.uid to be set: the answer holds no AdmissionReview with a response");
  if (response["uid"] !== uid) throw new CallError(`expected response.uid="${uid}", got "${String(response["uid"])}"`);
  const warnings = response["warnings"];
  if (isStrings(warnings)) call.warnings.push(...warnings);
  if (response["allowed"] !== true) throw denial(webhook.name, fieldsAt(response, "status") ?? {});
  return response;
}

function reviewOf({ info, operation, subresource, caller, dryRun, object, old }: AdmissionCall, uid: string): unknown {
  const named = object ?? old;
  const kind = { group: info.group, version: info.version, kind: info.kind };
  const resource = { group: info.group, version: info.version, resource: info.plural };
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid,
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      ...(subresource === "" ? {} : { subResource: subresource, requestSubResource: subresource }),
      name: named?.metadata.name ?? "",
      ...(named?.metadata.namespace ? { namespace: named.metadata.namespace } : {}),
      operation,
      userInfo: {
        username: caller.name,
        uid: caller.uid ?? "",
        groups: caller.groups,
        ...(caller.extra ? { extra: caller.extra } : {}),
      },
      object: object ?? null,
      oldObject: old ?? null,
      dryRun,
      options: {
        kind: `${operation.charAt(0)}${operation.slice(1).toLowerCase()}Options`,
        apiVersion: "meta.k8s.io/v1",
      },
    },
  };
}

function denial(name: string, status: Fields): ApiError {
  const message = stringAt(status, "message") || stringAt(status, "reason") || "";
  const text = `admission webhook ${JSON.stringify(name)} denied the request${message === "" ? " without explanation" : `: ${message}`}`;
  const code =
    typeof status["code"] === "number" && status["code"] >= 400 && status["code"] < 600 ? status["code"] : 403;
  const error = new ApiError(code, stringAt(status, "reason") ?? (code === 403 ? "Forbidden" : ""), text);
  return error;
}

function patched(response: Fields, { object, info }: AdmissionCall): ApiObject {
  if (response["patchType"] !== "JSONPatch")
    throw new CallError(`unsupported patch type "${String(response["patchType"])}": use JSONPatch`);
  try {
    const patch: unknown = JSON.parse(Buffer.from(String(response["patch"]), "base64").toString("utf8"));
    const result = applyJsonPatch(cloneJson(object), patch);
    if (isApiObject(result) && result.kind === info.kind && result.apiVersion === apiVersionOf(info)) return result;
  } catch (error) {
    if (!(error instanceof PatchError) && !(error instanceof SyntaxError)) throw error;
    throw new CallError(`cannot apply its patch: ${error.message}`);
  }
  throw new CallError("its patch leaves no object of the kind");
}

/** Where a webhook listens. */
function urlOf({ client }: Webhook, { addressOf }: AdmissionCall): { url: URL; serverName?: string } {
  const service = fieldsAt(client, "service");
  if (!service) return { url: new URL(String(client["url"])) };
  const namespace = stringAt(service, "namespace") ?? "";
  const name = stringAt(service, "name") ?? "";
  const address = addressOf(namespace, name);
  if (address === undefined) throw new CallError(`service "${name}" not found`);
  const url = new URL(`https://${address}:${Number(service["port"] ?? 443)}${stringAt(service, "path") ?? "/"}`);
  return { url, serverName: `${name}.${namespace}.svc` };
}

function post(webhook: Webhook, body: string, call: AdmissionCall): Promise<unknown> {
  const { url, serverName } = urlOf(webhook, call);
  url.searchParams.set("timeout", `${webhook.timeoutMs / 1000}s`);
  const bundle = stringAt(webhook.client, "caBundle");
  const shown = serverName ? url.href.replace(url.host, `${serverName}:${url.port || 443}`) : url.href;
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(new CallError(`failed to call webhook: Post ${JSON.stringify(shown)}: ${why}`));
    const request = httpsRequest(
      url,
      {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          "content-length": Buffer.byteLength(body),
        },
        signal: AbortSignal.timeout(webhook.timeoutMs),
        ...(bundle ? { ca: Buffer.from(bundle, "base64") } : {}),
        ...(serverName ? { servername: serverName } : {}),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > answerLimitBytes) request.destroy(new Error("the answer is too large"));
        });
        response.on("error", (error) => fail(error.message));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode !== 200) fail(`the server answered ${response.statusCode}: ${text.slice(0, 200)}`);
          else resolve(parseAnswer(text, fail));
        });
      },
    );
    request.on("error", (error) =>
      fail(error.name === "TimeoutError" || error.name === "AbortError" ? "context deadline exceeded" : error.message),
    );
    request.end(body);
  });
}

function parseAnswer(text: string, fail: (why: string) => void): unknown {
  try {
    const answer: unknown = JSON.parse(text);
    return isFields(answer) ? answer : {};
  } catch {
    fail("the answer is no JSON");
    return undefined;
  }
}
