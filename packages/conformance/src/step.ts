/** One request. `{ns}` in its path and body stands for the scenario's namespace. */
export interface Step {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** Content type; JSON where absent. */
  readonly type?: string;
  readonly accept?: string;
  /** Sent again until the answer has this code, or is as it should be: for what a server does in its own time. */
  readonly until?: number | ((answer: StepAnswer) => boolean);
  /** More headers: another user, another token. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body is sent in two parts with a pause between them. */
  readonly pauseMs?: number;
}

/** What a server answered to a step. */
export interface StepAnswer {
  readonly code: number;
  /** Decoded JSON, or text. */
  readonly body: unknown;
  readonly warnings: readonly string[];
}

/** `POST`s a body. */
export const create = (path: string, body: unknown): Step => ({ method: "POST", path, body });

/** Reads. */
export const read = (path: string, accept?: string): Step => ({ method: "GET", path, ...(accept ? { accept } : {}) });

/** Replaces. */
export const replace = (path: string, body: unknown): Step => ({ method: "PUT", path, body });

/** Deletes, with `DeleteOptions` where there are some. */
export const remove = (path: string, body?: unknown): Step => ({ method: "DELETE", path, ...(body ? { body } : {}) });

const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

/** Patches in one of the four ways. An apply names its manager in the path's query. */
export const patch = (kind: keyof typeof patchTypes, path: string, body: unknown): Step => ({
  method: "PATCH",
  path,
  body,
  type: patchTypes[kind],
});
