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
import { type AdmissionCall, requestOf, type Webhook } from "./admission-call.ts";

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
    throw internalError(text);
  }
}

/** @throws ApiError with the webhook's refusal. @throws CallError */
async function ask(webhook: Webhook, call: AdmissionCall): Promise<Fields> {
  const uid = randomUUID();
  const answer = await post(webhook, encodeJson(reviewOf(call, uid)), call);
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
