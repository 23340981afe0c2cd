import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { KubeApiError, malformedResponse } from "../kube-api-error.ts";
import type { Answer } from "./response-error.ts";

/** Answers beyond this are refused; page the list. */
const maxAnswerBytes = 256 * 1024 * 1024;

export interface AnswerOptions {
  /** What is tried, as messages say it. */
  attempt: string;
  /** Ends the exchange, also one that still waits for a connection. */
  signal: AbortSignal;
  /** Told the status when the headers are there. */
  onStart(statusCode: number): void;
}

/**
 * Sends a request and reads its answer to the end.
 *
 * undici's `request()` makes a stream of every body, which for answers of a few kilobytes is a third of what a call costs.
 * @throws the signal's reason; KubeApiError for an answer that is too large; what undici says of the connection.
 */
export function readWhole(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  options: AnswerOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    options.signal.throwIfAborted();
    dispatcher.dispatch(request, new WholeAnswer(options, resolve, reject));
  });
}

class WholeAnswer implements Dispatcher.DispatchHandler {
  readonly #options: AnswerOptions;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onAbort = () => this.#fail(this.#options.signal.reason);
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #statusCode = 0;
  #headers: IncomingHttpHeaders = {};
  #failure: Error | undefined;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(options: AnswerOptions, resolve: (answer: Answer) => void, reject: (error: unknown) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    options.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure) controller.abort(this.#failure);
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: IncomingHttpHeaders): void {
    // Such as 103 Early Hints: the answer is still to come.
    if (statusCode < 200) return;
    this.#statusCode = statusCode;
    this.#headers = headers;
    this.#options.onStart(statusCode);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > maxAnswerBytes) this.#fail(tooLarge(this.#options.attempt));
  }

  onResponseEnd(): void {
    this.#end();
    const text = Buffer.concat(this.#chunks, this.#bytes).toString("utf8");
    this.#resolve({ statusCode: this.#statusCode, headers: this.#headers, text });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#end();
    this.#reject(error);
  }

  #fail(error: Error): void {
    this.#end();
    this.#failure = error;
    this.#reject(error);
    this.#controller?.abort(error);
  }

  #end(): void {
    this.#options.signal.removeEventListener("abort", this.#onAbort);
  }
}

function tooLarge(attempt: string): KubeApiError {
  const message = `Cannot ${attempt}: the answer is larger than ${maxAnswerBytes} bytes; use a limit`;
  return new KubeApiError(message, { code: 0, reason: malformedResponse });
}
