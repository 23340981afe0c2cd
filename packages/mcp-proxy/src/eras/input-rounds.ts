import {
  ErrorCode,
  errorResponse,
  isErrorResponse,
  isRecord,
  type Request,
  type RequestId,
  type Response,
  request,
  resultResponse,
} from "@moorage/mcp-messages";

/** A server that never has enough would keep a call for ever. */
const maximumRounds = 50;
const maximumQuestions = 50;

interface Exchange {
  /** The client's own request. */
  readonly original: Request;
  /** The id that the current round has at the server. */
  current: RequestId;
  rounds: number;
  requestState: unknown;
  /** Questions of the server by the id that the client sees. */
  readonly open: Map<RequestId, string>;
  readonly answers: Record<string, unknown>;
}

export interface InputRoundsOptions {
  /** Sends a question of the server to the client. */
  readonly ask: (message: Request) => void;
  /** Sends a round of a request to the server. */
  readonly send: (message: Request) => void;
  /** Sends the final answer to the client. */
  readonly answer: (message: Response) => void;
}

/**
 * Turns multi round-trip requests into what legacy clients know: where a modern server answers "input required", its
 * questions go to the client as requests, and the call is sent again with the answers.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/mrtr
 */
export class InputRounds {
  readonly #options: InputRoundsOptions;
  readonly #byOriginal = new Map<RequestId, Exchange>();
  readonly #byCurrent = new Map<RequestId, Exchange>();
  readonly #byQuestion = new Map<RequestId, Exchange>();
  #lastQuestion = 0;
  #lastRound = 0;

  constructor(options: InputRoundsOptions) {
    this.#options = options;
  }

  start(original: Request): void {
    const exchange = {
      original,
      current: original.id,
      rounds: 0,
      requestState: undefined,
      open: new Map(),
      answers: {},
    };
    this.#byOriginal.set(original.id, exchange);
    this.#byCurrent.set(original.id, exchange);
    this.#options.send(original);
  }

  /** The client's id of the request that has this id at the server. */
  originalOf(id: RequestId): RequestId | undefined {
    return this.#byCurrent.get(id)?.original.id;
  }

  /** Gives a request up; returns the ids that it still has at the server. */
  forget(id: RequestId): RequestId[] {
    const exchange = this.#byOriginal.get(id);
    if (!exchange) return [];
    const waiting = this.#byCurrent.has(exchange.current);
    this.#end(exchange);
    return waiting ? [exchange.current] : [];
  }

  /** The server answered a round. */
  settle(message: Response): void {
    const exchange = message.id === undefined ? undefined : this.#byCurrent.get(message.id);
    if (!exchange) return;
    const { id } = exchange.original;
    if (isErrorResponse(message)) {
      this.#finish(exchange, errorResponse(id, message.error));
      return;
    }
    const { resultType, ...result } = message.result;
    if (resultType !== "input_required") {
      this.#finish(exchange, resultResponse(id, result));
      return;
    }
    this.#ask(exchange, result);
  }

  /** The client answered a question. */
  answered(message: Response): void {
    const exchange = message.id === undefined ? undefined : this.#byQuestion.get(message.id);
    if (!exchange || message.id === undefined) return;
    const key = exchange.open.get(message.id);
    exchange.open.delete(message.id);
    this.#byQuestion.delete(message.id);
    if (key === undefined) return;
    if (isErrorResponse(message)) {
      this.#fail(exchange, `The client refused what the server asked for: ${message.error.message}`);
      return;
    }
    exchange.answers[key] = message.result;
    if (exchange.open.size === 0) this.#again(exchange);
  }

  #ask(exchange: Exchange, { inputRequests, requestState }: Record<string, unknown>): void {
    this.#byCurrent.delete(exchange.current);
    exchange.rounds += 1;
    exchange.requestState = requestState;
    const questions = Object.entries(isRecord(inputRequests) ? inputRequests : {});
    if (exchange.rounds > maximumRounds || questions.length > maximumQuestions) {
      this.#fail(exchange, "The server keeps asking for input");
      return;
    }
    for (const [key, question] of questions) {
      if (!isRecord(question) || typeof question["method"] !== "string") continue;
      this.#lastQuestion += 1;
      const id = `moorage-input-${this.#lastQuestion}`;
      exchange.open.set(id, key);
      this.#byQuestion.set(id, exchange);
      this.#options.ask(request(id, question["method"], isRecord(question["params"]) ? question["params"] : {}));
    }
    // A server may only want to be called again: its state says what it waits for.
    if (exchange.open.size === 0) this.#again(exchange);
  }

  #again(exchange: Exchange): void {
    const { original, requestState } = exchange;
    this.#lastRound += 1;
    exchange.current = `moorage-round-${this.#lastRound}`;
    this.#byCurrent.set(exchange.current, exchange);
    const inputResponses = { ...exchange.answers };
    for (const key of Object.keys(exchange.answers)) delete exchange.answers[key];
    const params = { ...original.params, inputResponses, ...(requestState !== undefined && { requestState }) };
    this.#options.send(request(exchange.current, original.method, params));
  }

  #fail(exchange: Exchange, message: string): void {
    this.#finish(exchange, errorResponse(exchange.original.id, { code: ErrorCode.internalError, message }));
  }

  #finish(exchange: Exchange, answer: Response): void {
    this.#end(exchange);
    this.#options.answer(answer);
  }

  #end(exchange: Exchange): void {
    this.#byOriginal.delete(exchange.original.id);
    this.#byCurrent.delete(exchange.current);
    for (const id of exchange.open.keys()) this.#byQuestion.delete(id);
  }
}
