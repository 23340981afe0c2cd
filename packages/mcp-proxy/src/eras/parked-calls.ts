import { createHash } from "node:crypto";
import { isRecord, type Request } from "@moorage/mcp-messages";
import type { Principal } from "../principal.ts";
import { ProxyError } from "../proxy-error.ts";
import type { Sealer } from "../sessions/sealed.ts";
import type { Interaction } from "./interaction.ts";

const purpose = "request-state";
/** A person may have to be asked, so this is long; it is also how long an abandoned call keeps a process. */
const parkedMs = 300_000;

interface SealedState {
  readonly call: string;
  readonly principal: string;
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

interface Parked {
  readonly interaction: Interaction;
  readonly timer: NodeJS.Timeout;
}

/**
 * Calls that wait for the client's answers between two of its requests. The client holds a sealed `requestState`: only
 * the same principal, with the same method and parameters and in time, gets back to the call.
 */
export class ParkedCalls {
  readonly #sealer: Sealer;
  readonly #onExpired: (interaction: Interaction) => void;
  readonly #parked = new Map<string, Parked>();

  constructor(sealer: Sealer, onExpired: (interaction: Interaction) => void) {
    this.#sealer = sealer;
    this.#onExpired = onExpired;
  }

  /** Keeps a call; returns the state for the client. */
  park(interaction: Interaction, message: Request, principal: Principal): string {
    const call = crypto.randomUUID();
    const timer = setTimeout(() => {
      this.#parked.delete(call);
      this.#onExpired(interaction);
    }, parkedMs);
    timer.unref();
    this.#parked.set(call, { interaction, timer });
    const state: SealedState = {
      call,
      principal: principal.id,
      digest: digestOf(message),
      expires: Date.now() + parkedMs,
    };
    return this.#sealer.seal(state, purpose);
  }

  /**
   * The call that `requestState` stands for; undefined where it is of ours but its process is gone, so that the call
   * has to start again. Throws `InvalidParams` on a state that is not ours, or not for this request.
   */
  take(requestState: unknown, message: Request, principal: Principal): Interaction | undefined {
    const state = typeof requestState === "string" ? this.#sealer.open(requestState, purpose) : undefined;
    if (!isSealedState(state) || state.principal !== principal.id || state.digest !== digestOf(message)) {
      throw new ProxyError("InvalidParams", "Invalid params: requestState is not one that this request was given");
    }
    const parked = this.#parked.get(state.call);
    if (!parked || state.expires < Date.now()) return undefined;
    clearTimeout(parked.timer);
    this.#parked.delete(state.call);
    return parked.interaction;
  }

  close(): void {
    for (const { timer } of this.#parked.values()) clearTimeout(timer);
    this.#parked.clear();
  }
}

/** Of what must stay the same from round to round. */
function digestOf({ method, params }: Request): string {
  const { _meta, inputResponses, requestState, ...rest } = params ?? {};
  return createHash("sha256")
    .update(JSON.stringify([method, sorted(rest)]))
    .digest("base64url");
}

/** The order of members means nothing in JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

function isSealedState(value: unknown): value is SealedState {
  return isRecord(value) && typeof value["call"] === "string" && typeof value["expires"] === "number";
}
