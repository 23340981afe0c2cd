import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { isRecord } from "../json.ts";
import { jsonDiff } from "./json-diff.ts";
import type { AdmissionOperation, AdmissionRequest, Webhook } from "./webhook.ts";

/** A parsed `admission.k8s.io/v1` review. */
export interface Review {
  uid: string;
  /** The object in question; on a deletion the one that goes. */
  object: KubeObject;
  request: AdmissionRequest;
}

/** What goes back to the API server. */
export interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: { code: number; reason: string; message: string };
  warnings?: string[];
  patchType?: "JSONPatch";
  /** Base64. */
  patch?: string;
}

/** @throws SyntaxError that says what is missing; nothing of the request is trusted. */
export function parseReview(body: unknown): Review {
  const request = isRecord(body) && body["kind"] === "AdmissionReview" ? body["request"] : undefined;
  if (!isRecord(request)) throw new SyntaxError("The body is no AdmissionReview with a request");
  const { uid, operation, namespace, dryRun } = request;
  if (typeof uid !== "string" || uid === "") throw new SyntaxError("request.uid is missing");
  if (!isOperation(operation))
    throw new SyntaxError(`request.operation "${String(operation)}" is not CREATE, UPDATE or DELETE`);
  const oldObject = isObject(request["oldObject"]) ? request["oldObject"] : undefined;
  const object = isObject(request["object"]) ? request["object"] : oldObject;
  if (!object) throw new SyntaxError("request.object is missing");
  const userInfo = isRecord(request["userInfo"]) ? request["userInfo"] : {};
  return {
    uid,
    object,
    request: {
      operation,
      oldObject,
      namespace: typeof namespace === "string" && namespace !== "" ? namespace : undefined,
      username: String(userInfo["username"] ?? ""),
      dryRun: dryRun === true,
    },
  };
}

/** Asks the webhook to mutate. The original stays as it is. */
export async function answerMutation(webhook: Webhook, review: Review): Promise<AdmissionResponse> {
  const { uid, object, request } = review;
  const mutated = await webhook.mutate?.(structuredClone(object), request);
  const patch = mutated ? jsonDiff(object, mutated) : [];
  if (patch.length === 0) return { uid, allowed: true };
  return { uid, allowed: true, patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") };
}

/** Asks the webhook for its verdict. */
export async function answerValidation(webhook: Webhook, review: Review): Promise<AdmissionResponse> {
  const { uid, object, request } = review;
  const { problems = [], warnings = [] } = (await webhook.validate?.(object, request)) ?? {};
  const response: AdmissionResponse = { uid, allowed: problems.length === 0 };
  if (warnings.length > 0) response.warnings = warnings.map((warning) => warning.slice(0, 256));
  if (problems.length > 0)
    response.status = { code: 422, reason: "Invalid", message: refusal(webhook.for, object, problems) };
  return response;
}

function refusal(type: ResourceType, object: KubeObject, problems: readonly string[]): string {
  const name = object.metadata.name || object.metadata.generateName || "";
  return `${type.kind} "${name}" is invalid: ${problems.join("; ")}`;
}

function isOperation(value: unknown): value is AdmissionOperation {
  return value === "CREATE" || value === "UPDATE" || value === "DELETE";
}

function isObject(value: unknown): value is KubeObject {
  return isRecord(value) && isRecord(value["metadata"]) && typeof value["kind"] === "string";
}
