import type { Logger } from "pino";
import {
  type AdmissionResponse,
  answerMutation,
  answerValidation,
  parseReview,
  type Review,
} from "./admission-review.ts";
import { type Conversion, conversionPath } from "./conversion.ts";
import { answerConversion, parseConversionReview } from "./conversion-review.ts";
import type { Webhook } from "./webhook.ts";
import { webhookPath } from "./webhook-configurations.ts";

/** What is answered at one path. */
export interface Route {
  /** The label `webhook` of the metrics. */
  name: string;
  /** From the request's JSON to the answer's. @throws SyntaxError when it is not the review that it should be. */
  answer(body: unknown): Promise<unknown>;
}

/** The paths of a webhook: one for each thing that it does. */
export function admissionRoutes(webhook: Webhook, log: Logger): [string, Route][] {
  const routes: [string, Route][] = [];
  const add = (kind: "mutate" | "validate", answer: typeof answerMutation) => {
    routes.push([webhookPath(kind, webhook), admissionRoute(webhook, answer, log)]);
  };
  if (webhook.mutate) add("mutate", answerMutation);
  if (webhook.validate) add("validate", answerValidation);
  return routes;
}

function admissionRoute(webhook: Webhook, answer: typeof answerMutation, log: Logger): Route {
  const { name } = webhook;
  const refuse = (error: unknown, { uid }: Review): AdmissionResponse => {
    log.error({ err: error, webhook: name }, "Cannot admit");
    const message = `Webhook "${name}" failed: ${error instanceof Error ? error.message : String(error)}`;
    return { uid, allowed: false, status: { code: 500, reason: "InternalError", message } };
  };
  return {
    name,
    async answer(body) {
      const review = parseReview(body);
      const response = await answer(webhook, review).catch((error: unknown) => refuse(error, review));
      return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response };
    },
  };
}

/** The path of a conversion. `onPanic` is called for what a converter should never throw. */
export function conversionRoute(conversion: Conversion, log: Logger, onPanic: () => void): [string, Route] {
  const path = conversionPath(conversion);
  const failed = (error: Error) => {
    log.error({ err: error, webhook: path }, "Cannot convert");
    if (isPanic(error.cause)) onPanic();
  };
  return [
    path,
    {
      // As in controller-runtime, where the label is the path.
      name: path,
      async answer(body) {
        const response = answerConversion(conversion, parseConversionReview(body), failed);
        return { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview", response };
      },
    },
  ];
}

/** Whether a converter broke instead of refusing: what Go calls a panic. */
function isPanic(thrown: unknown): boolean {
  if (thrown === undefined) return false;
  return [TypeError, ReferenceError, RangeError].some((type) => thrown instanceof type) || !(thrown instanceof Error);
}
