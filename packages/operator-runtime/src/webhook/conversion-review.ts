import type { KubeObject } from "@moorage/kube-types";
import { isRecord } from "../json.ts";
import type { Conversion } from "./conversion.ts";
import { convertObject } from "./convert-object.ts";

/** What an `apiextensions.k8s.io/v1` ConversionReview asks for. */
export interface ConversionRequest {
  uid: string;
  desiredAPIVersion: string;
  objects: readonly KubeObject[];
}

/** What goes back to the API server. */
export interface ConversionResponse {
  uid: string;
  convertedObjects: readonly KubeObject[];
  result: { status: "Success" } | { status: "Failure"; message: string };
}

/** @throws SyntaxError that says what is missing; nothing of the request is trusted. */
export function parseConversionReview(body: unknown): ConversionRequest {
  const request = isRecord(body) && body["kind"] === "ConversionReview" ? body["request"] : undefined;
  if (!isRecord(request)) throw new SyntaxError("The body is no ConversionReview with a request");
  const { uid, desiredAPIVersion, objects } = request;
  if (typeof uid !== "string" || uid === "") throw new SyntaxError("request.uid is missing");
  if (typeof desiredAPIVersion !== "string" || desiredAPIVersion === "")
    throw new SyntaxError("request.desiredAPIVersion is missing");
  if (!Array.isArray(objects)) throw new SyntaxError("request.objects is missing");
  return { uid, desiredAPIVersion, objects: objects.map(parseObject) };
}

/** Converts all objects, in their order, or none: then `onFailure` is told why. */
export function answerConversion(
  conversion: Conversion,
  { uid, desiredAPIVersion, objects }: ConversionRequest,
  onFailure: (error: Error) => void,
): ConversionResponse {
  try {
    const convertedObjects = objects.map((object) => convertObject(conversion, object, desiredAPIVersion));
    return { uid, convertedObjects, result: { status: "Success" } };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    onFailure(error);
    return { uid, convertedObjects: [], result: { status: "Failure", message: error.message } };
  }
}

function parseObject(value: unknown, index: number): KubeObject {
  if (isObject(value)) return value;
  throw new SyntaxError(`request.objects[${index}] is no object with apiVersion, kind and metadata`);
}

function isObject(value: unknown): value is KubeObject {
  return (
    isRecord(value) &&
    isRecord(value["metadata"]) &&
    typeof value["kind"] === "string" &&
    typeof value["apiVersion"] === "string"
  );
}
