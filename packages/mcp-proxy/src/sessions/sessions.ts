import { createHash } from "node:crypto";
import { isErrorResponse, isRecord, isResponse, type Params, type Request } from "@moorage/mcp-messages";
import type { Answer } from "../call.ts";
import type { Pin } from "../connection.ts";
import type { Frame } from "../frame.ts";
import type { Principal } from "../principal.ts";
import { ProxyError } from "../proxy-error.ts";
import type { SessionLimits } from "../settings.ts";
import type { Sealer } from "./sealed.ts";
import { Session, type SessionDependencies } from "./session.ts";

const purpose = "session";
const reapIntervalMs = 5000;
/** Ids of ended sessions that are remembered; older ones of a client that comes back would open a fresh session. */
const maximumEnded = 10_000;
/** Longest session id: header lines of this size pass every common proxy. */
const maximumIdLength = 4096;

export interface SessionsDependencies extends SessionDependencies {
  readonly sealer: Sealer;
  readonly sessionLimits: () => SessionLimits;
}

/** What a session id holds. Only we can read or make one, so any replica with the key can continue the session. */
interface SealedSession {
  /** Digest of the principal that the session belongs to. */
  readonly principal: string;
  readonly params: Params;
  readonly pin: Pin;
  /** Makes every id unique. */
  readonly nonce: string;
}

/**
 * The sessions of legacy clients. There is no store: a session id that is not known here is opened, and the session
 * continued where it ran, or else with a fresh server that gets the same `initialize`. An idle session's server is
 * stopped; its id stays good.
 */
export class Sessions {
  readonly #dependencies: SessionsDependencies;
  readonly #sessions = new Map<string, Session>();
  readonly #ended = new Set<string>();
  readonly #reaper: NodeJS.Timeout;
  #starting = 0;

  constructor(dependencies: SessionsDependencies) {
    this.#dependencies = dependencies;
    this.#reaper = setInterval(() => this.#reap(), reapIntervalMs);
    this.#reaper.unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Server processes or upstream sessions that are open now. */
  get connected(): number {
    return [...this.#sessions.values()].filter((session) => session.connected).length;
  }

  /** Opens a session; the answer carries its id. */
  async initialize(frame: Frame, call: Request, principal: Principal): Promise<Answer> {
    this.#makeRoom();
    const params = call.params ?? {};
    const session = new Session(this.#dependencies, { principal, params });
    this.#starting += 1;
    try {
      const answer = await session.initialize(frame, call);
      if (!isResponse(answer.message) || isErrorResponse(answer.message)) {
        await session.close("The server refused the handshake");
        return { status: 200, frame: answer };
      }
      const id = this.#seal(session, params);
      this.#sessions.set(id, session);
      return { status: 200, frame: answer, headers: { "mcp-session-id": id } };
    } catch (error) {
      await session.close("The handshake failed");
      throw error;
    } finally {
      this.#starting -= 1;
    }
  }

  /** Throws `SessionNotFound` where there is no such session for this principal. */
  get(id: string | undefined, principal: Principal): Session {
    if (id === undefined) {
      throw new ProxyError(
        "SessionRequired",
        "The Mcp-Session-Id header is missing: send initialize first, then its id",
      );
    }
    const session = this.#sessions.get(id) ?? this.#restored(id, principal);
    if (!session || session.principal.id !== principal.id) {
      throw new ProxyError("SessionNotFound", "There is no such session: send initialize again");
    }
    return session;
  }

  /** Ends a session for good: its id is worth nothing afterwards. */
  async end(id: string | undefined, principal: Principal): Promise<void> {
    const session = this.get(id, principal);
    if (id === undefined) return;
    this.#sessions.delete(id);
    this.#ended.add(id);
    if (this.#ended.size > maximumEnded) {
      for (const oldest of this.#ended.values().take(1)) this.#ended.delete(oldest);
    }
    await session.close("The client ended the session");
  }

  /** Stops every server process. A session of an HTTP server stays, where another proxy can continue it. */
  async close(why: string): Promise<void> {
    clearInterval(this.#reaper);
    const leaveSession = this.#dependencies.sealer.outlivesProcess;
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.close(why, { leaveSession })));
  }

  /** Requests that clients wait for. */
  get busy(): boolean {
    return this.#starting > 0 || [...this.#sessions.values()].some((session) => session.waiting > 0);
  }

  /** Ends streams that would stay open for ever. */
  closeStreams(): void {
    for (const session of this.#sessions.values()) session.closeStreams();
  }

  #restored(id: string, principal: Principal): Session | undefined {
    if (this.#ended.has(id) || id.length > maximumIdLength) return undefined;
    const sealed = this.#dependencies.sealer.open(id, purpose);
    if (!isSealedSession(sealed) || sealed.principal !== digestOf(principal)) return undefined;
    this.#makeRoom();
    const session = new Session(this.#dependencies, { principal, params: sealed.params, pin: sealed.pin });
    this.#sessions.set(id, session);
    return session;
  }

  #seal(session: Session, params: Params): string {
    const sealed: SealedSession = {
      principal: digestOf(session.principal),
      params: sealable(params),
      pin: session.pin ?? {},
      nonce: crypto.randomUUID(),
    };
    const id = this.#dependencies.sealer.seal(sealed, purpose);
    if (id.length <= maximumIdLength) return id;
    throw new ProxyError("InvalidParams", "The client's capabilities are too large: send less in initialize");
  }

  /** Where the maximum is reached, the session that has been idle longest gives way: its id stays good. */
  #makeRoom(): void {
    const { maximum } = this.#dependencies.sessionLimits();
    if (this.#sessions.size + this.#starting < maximum) return;
    let oldest: [string, Session] | undefined;
    for (const entry of this.#sessions) {
      if (!entry[1].busy && (!oldest || entry[1].lastUsed < oldest[1].lastUsed)) oldest = entry;
    }
    if (!oldest) {
      const text = `All ${maximum} sessions are busy: try again, or raise sessions.maximum`;
      throw new ProxyError("Overloaded", text, { retryAfterSeconds: 5 });
    }
    this.#release(...oldest);
  }

  #reap(): void {
    const before = performance.now() - this.#dependencies.sessionLimits().idleTimeoutSeconds * 1000;
    for (const [id, session] of this.#sessions) {
      if (!session.busy && session.lastUsed < before) this.#release(id, session);
    }
  }

  #release(id: string, session: Session): void {
    this.#sessions.delete(id);
    session
      .close("The session was idle")
      .catch((error: unknown) => this.#dependencies.log.error({ error }, "Cannot stop a server"));
  }
}

/** Of the client's name only what identifies it: icons and descriptions would not fit into a header. */
function sealable(params: Params): Params {
  const { protocolVersion, capabilities, clientInfo } = params;
  const { name, version } = isRecord(clientInfo) ? clientInfo : {};
  return { protocolVersion, capabilities, clientInfo: { name, version } };
}

function digestOf(principal: Principal): string {
  return createHash("sha256").update(principal.id).digest("base64url").slice(0, 22);
}

function isSealedSession(value: unknown): value is SealedSession {
  return (
    isRecord(value) && typeof value["principal"] === "string" && isRecord(value["params"]) && isRecord(value["pin"])
  );
}
