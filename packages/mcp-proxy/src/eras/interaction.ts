import { isRecord, type Request, type RequestId, type Response, resultResponse } from "@moorage/mcp-messages";
import type { ReplyStream } from "../call.ts";
import { frameOf } from "../frame.ts";
import type { LegacyLink } from "./legacy-link.ts";

/** Questions that a server asks at once arrive within this; each round trip through the client costs far more. */
const batchMs = 5;

export type Step = { kind: "answer"; answer: Response } | { kind: "questions"; questions: Record<string, Question> };

export interface Question {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/**
 * One call at a legacy server that may ask the client things before it answers. The link is this call's alone, so that
 * every request of the server on it belongs to this call.
 */
export class Interaction {
  readonly link: LegacyLink;
  readonly #open = new Map<string, { id: RequestId; question: Question }>();
  #answer: Promise<Step> | undefined;
  #asked = Promise.withResolvers<void>();
  #lastKey = 0;
  /** Where messages go that come before the answer; the client's request changes from round to round. */
  reply: ReplyStream;

  constructor(link: LegacyLink, reply: ReplyStream) {
    this.link = link;
    this.reply = reply;
  }

  start(message: Request, logLevel: string | undefined): void {
    const current: ReplyStream = {
      emit: (frame) => this.reply.emit(frame),
      // While a question is open the client has no request here: only the time limit ends the call then.
      onGone() {},
    };
    this.#answer = this.link.call(message, current, logLevel).then((answer) => ({ kind: "answer", answer }));
    this.#answer.catch(() => {});
  }

  /** The server asks the client something. */
  asked({ id, method, params }: Request): void {
    this.#lastKey += 1;
    this.#open.set(`${method}#${this.#lastKey}`, { id, question: { method, params: params ?? {} } });
    this.#asked.resolve();
  }

  /** Resolves with the answer, or with everything that the server wants to know first. */
  async next(): Promise<Step> {
    const questions = this.#questions();
    const answer = this.#answer;
    return answer ? Promise.race([answer, questions]) : questions;
  }

  /** Gives the server what the client answered; false where something is missing still. */
  respond(inputResponses: Record<string, unknown>): boolean {
    for (const [key, { id }] of this.#open) {
      const result = inputResponses[key];
      if (!isRecord(result)) continue;
      this.#open.delete(key);
      this.link.send(frameOf(resultResponse(id, result)));
    }
    if (this.#open.size > 0) return false;
    this.#asked = Promise.withResolvers();
    return true;
  }

  async #questions(): Promise<Step> {
    await this.#asked.promise;
    await new Promise((resolve) => setTimeout(resolve, batchMs));
    return {
      kind: "questions",
      questions: Object.fromEntries([...this.#open].map(([key, { question }]) => [key, question])),
    };
  }
}
