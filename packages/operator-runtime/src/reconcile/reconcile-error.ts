import { isConflict, KubeApiError } from "@moorage/kube-client";

/** The reconcile did not end within its time. */
export class ReconcileTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`Cannot reconcile: it did not end within ${timeoutMs} ms`);
    this.name = "ReconcileTimeout";
  }
}

/** Whether only the cache was behind: another try with fresher objects will do. Not worth a line in the log. */
export function isStale(error: unknown): boolean {
  return isConflict(error);
}

/** Whether the namespace is going: everything in it will be deleted, and nothing can be created any more. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof KubeApiError)) return false;
  return (error.details?.causes ?? []).some((cause) => cause.reason === "NamespaceTerminating");
}

/** Whether the server looked at a child and said no, in a way that its owner's user should read. */
export function isRefusal(error: unknown): error is KubeApiError {
  return (
    error instanceof KubeApiError && error.code >= 400 && error.code < 500 && error.code !== 429 && error.code !== 401
  );
}
