/** What a tool, prompt or resource of the fixture can do besides answering. */
export interface Context {
  readonly era: "legacy" | "modern";
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Modern retries carry these. */
  readonly inputResponses: Readonly<Record<string, unknown>>;
  readonly requestState: unknown;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** Ids of the requests that were cancelled so far. */
  readonly cancelled: ReadonlySet<unknown>;
  log(text: string): void;
  progress(progress: number, total: number): void;
  /** Asks the client: a request in the legacy era; in the modern one the call ends, and is retried with the answer. */
  ask(key: string, method: string, params: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Tells every listener. */
  announce(method: string, params?: Record<string, unknown>): void;
  /** Writes raw text to the client, which need not be a message. */
  writeRaw(text: string): void;
}

export type Result = Record<string, unknown>;

/** Ends a call with a JSON-RPC error. */
export class RpcFailure extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** Ends a modern call with the result "input required". */
export class InputRequired extends Error {
  readonly result: Result;

  constructor(
    inputRequests: Record<string, { method: string; params: Record<string, unknown> }>,
    requestState?: string,
  ) {
    super("Input required");
    this.result = { resultType: "input_required", inputRequests, ...(requestState !== undefined && { requestState }) };
  }
}

export function text(value: string): Result {
  return { content: [{ type: "text", text: value }] };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const redPixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/** The header of a WAV file without samples. */
export const silence = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";
