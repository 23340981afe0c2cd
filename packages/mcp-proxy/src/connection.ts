import type { RequestId } from "@moorage/mcp-messages";
import type { Frame } from "./frame.ts";
import type { Principal } from "./principal.ts";

/** Why a connection ended, in words a user can act on. */
export interface Ending {
  /** A stable CamelCase word. */
  readonly reason: EndingReason;
  readonly message: string;
  /** Nothing was ever exchanged, so that everything may be sent again elsewhere; with `unsent`: not the request. */
  readonly unused?: boolean;
}

type EndingReason =
  | "Closed"
  | "CommandNotFound"
  | "ServerExited"
  | "HostNotFound"
  | "ConnectionRefused"
  | "ConnectionLost"
  | "NotReading"
  | "SessionExpired"
  | "Unauthorized"
  | "NotMCP";

/** What a connection tells its user. Nothing is called from inside `connect` or after `ended`. */
export interface Receiver {
  /** A message arrived; `about` is the request on whose stream it came, where the transport knows. */
  frame(frame: Frame, about?: RequestId): void;
  /** A message was dropped because it was larger than allowed; `id` is that of the request it answered, where known. */
  dropped(bytes: number, id: RequestId | undefined): void;
  /** The request with this id never reached the server, for the reason in `ending`; others are not concerned. */
  unsent(id: RequestId, ending: Ending): void;
  /** The server sent something that is no message. */
  garbage(text: string): void;
  /** Called exactly once, whoever ended the connection. */
  ended(ending: Ending): void;
}

/** One conversation with a server: a pipe of messages in both directions. */
export interface Connection {
  /** Where the conversation can be found again: address and the server's own session id. */
  readonly pin: Pin;
  /** Sends a message. Never throws; on an ended connection it does nothing. */
  send(frame: Frame): void;
  /** Lets go of a request whose client has gone: what arrives for it later is dropped. */
  forget(id: RequestId): void;
  /**
   * Ends the conversation and resolves once nothing of it is left: no process, no socket. With `leaveSession` the
   * session that an HTTP server keeps stays open, for whoever continues it by the pin.
   */
  close(options?: { leaveSession?: boolean }): Promise<void>;
}

export interface Pin {
  readonly address?: string;
  readonly sessionID?: string;
  /** What the server and its client agreed on in the handshake. */
  readonly protocolVersion?: string;
}

interface ConnectOptions {
  readonly principal: Principal;
  /** Continue there if that is still possible. */
  readonly pin?: Pin;
}

/** Opens a conversation at once; a failure to reach the server is told by `ended`. */
export type Connect = (receiver: Receiver, options: ConnectOptions) => Connection;
