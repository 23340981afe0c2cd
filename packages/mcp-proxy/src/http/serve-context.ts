import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer, Handler } from "../call.ts";
import type { Limits } from "../settings.ts";
import type { KeepAlive } from "./keep-alive.ts";

/** Serves one HTTP request of a transport. */
export type ServeTransport = (
  request: IncomingMessage,
  response: ServerResponse,
  context: ServeContext,
) => Promise<void>;

/** What a transport needs to serve one HTTP request. */
export interface ServeContext {
  readonly requestID: string;
  readonly limits: Limits;
  readonly keepAlive: KeepAlive;
  /** The layers and what lies behind them. */
  readonly handle: Handler;
  /** Turns what `answer` throws before there is a call into an answer. */
  answerErrors(answer: () => Promise<Answer>): Promise<Answer>;
}
