import { equalJson } from "@moorage/kube-types";
import { type ApiError, badRequest, tooLarge } from "../status/api-error.ts";
import { isFields } from "../store/api-object.ts";
import { cloneJson } from "../store/json.ts";

/** Why a patch cannot be applied; the HTTP layer answers 422, or 400 for a malformed patch. */
export class PatchError extends Error {
  override readonly name = "PatchError";
  /** How a patch that is no list of operations is refused; absent where one does not apply. */
  readonly malformed: ((message: string) => ApiError) | undefined;
  /** The operation that does not apply, where it is known. */
  operation: { readonly op: string; readonly path: string } | undefined;

  constructor(message: string, { malformed }: { malformed?: (message: string) => ApiError } = {}) {
    super(message);
    this.malformed = malformed;
  }
}

/** One operation of RFC 6902. */
interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** The real server's bound on operations in one patch. */
const operationLimit = 10_000;

/**
 * Applies an RFC 6902 patch and returns the result; `document` may be changed.
 * @throws PatchError
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const root = { document };
  for (const operation of parseOperations(patch)) apply(root, operation);
  return root.document;
}

function parseOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    throw new PatchError(
      "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
      { malformed: badRequest },
    );
  }
  if (patch.length > operationLimit) {
    throw new PatchError(`The allowed maximum operations in a JSON patch is ${operationLimit}, got ${patch.length}`, {
      malformed: tooLarge,
    });
  }
  return patch.map((item) => {
    if (!isFields(item) || typeof item["op"] !== "string" || typeof item["path"] !== "string") {
      throw new PatchError('every operation of a JSON patch needs "op" and "path"');
    }
    const { op, path, from, value } = item;
    return { op, path, value, ...(typeof from === "string" ? { from } : {}) };
  });
}

type Root = { document: unknown };

const operations: Readonly<Record<string, (root: Root, operation: Operation) => void>> = {
  add: (root, { path, value }) => add(root, path, cloneJson(value)),
  remove: (root, { path }) => remove(root, path),
  // RFC 6902 wants the target to exist; the real server's library asks for that of list items only, and clients rely on it.
  replace: (root, { path, value }) => {
    if (path !== "" && !isContainer(parentOf(root, path).parent)) throw missing(path);
    write(root, path, cloneJson(value));
  },
  move: (root, { path, from = "" }) => {
    const moved = read(root, from);
    remove(root, from);
    add(root, path, moved);
  },
  copy: (root, { path, from = "" }) => add(root, path, cloneJson(read(root, from))),
  test: (root, { path, value }) => {
    if (!equalJson(read(root, path), value)) throw new PatchError(`testing value ${path} failed`);
  },
};

function apply(root: Root, operation: Operation): void {
  const run = operations[operation.op];
  if (!run) throw new PatchError(`unexpected operation "${operation.op}"`);
  try {
    run(root, operation);
  } catch (error) {
    if (error instanceof PatchError) error.operation = operation;
    throw error;
  }
}

function tokensOf(path: string): string[] {
  if (path === "") return [];
  if (!path.startsWith("/")) throw new PatchError(`path "${path}" must start with "/"`);
  return path
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function parentOf(root: Root, path: string): { parent: unknown; token: string } {
  const tokens = tokensOf(path);
  const token = tokens.pop() ?? "";
  return { parent: tokens.reduce((value, step) => child(value, step, path), root.document), token };
}

function child(parent: unknown, token: string, path: string): unknown {
  const found = Array.isArray(parent)
    ? parent[indexIn(parent, token, path)]
    : isFields(parent) && Object.hasOwn(parent, token)
      ? parent[token]
      : undefined;
  if (found === undefined) throw missing(path);
  return found;
}

function missing(path: string): PatchError {
  return new PatchError(`path "${path}" does not exist: missing value`);
}

function isContainer(value: unknown): boolean {
  return Array.isArray(value) || isFields(value);
}

function indexIn(list: unknown[], token: string, path: string): number {
  const index = Number(token);
  if (!/^\d+$/.test(token) || index >= list.length)
    throw new PatchError(`path "${path}" does not exist: invalid index "${token}"`);
  return index;
}

function read(root: Root, path: string): unknown {
  return tokensOf(path).reduce((value, step) => child(value, step, path), root.document);
}

function write(root: Root, path: string, value: unknown): void {
  if (path === "") {
    root.document = value;
    return;
  }
  const { parent, token } = parentOf(root, path);
  if (Array.isArray(parent)) parent[indexIn(parent, token, path)] = value;
  else if (isFields(parent)) parent[token] = value;
}

function add(root: Root, path: string, value: unknown): void {
  const { parent, token } = path === "" ? { parent: undefined, token: "" } : parentOf(root, path);
  if (!Array.isArray(parent)) {
    if (path !== "" && !isFields(parent))
      throw new PatchError(`add operation does not apply: "${path}" has no parent object`);
    write(root, path, value);
    return;
  }
  const index = token === "-" ? parent.length : Number(token);
  if (!Number.isInteger(index) || index < 0 || index > parent.length) {
    throw new PatchError(`add operation does not apply: invalid index "${token}" in "${path}"`);
  }
  parent.splice(index, 0, value);
}

function remove(root: Root, path: string): void {
  const { parent, token } = parentOf(root, path);
  if (Array.isArray(parent)) parent.splice(indexIn(parent, token, path), 1);
  else if (isFields(parent) && Object.hasOwn(parent, token)) delete parent[token];
  else
    throw new PatchError(`remove operation does not apply: unable to remove nonexistent key: ${token}: missing value`);
}
