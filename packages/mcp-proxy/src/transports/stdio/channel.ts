import type { Readable, Writable } from "node:stream";
import type { Ending } from "../../connection.ts";

/** The byte streams of one stdio server, wherever it runs. */
export interface Channel {
  readonly address: string;
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves once when the server is gone, with the reason; never rejects. */
  readonly ended: Promise<Ending>;
  /** Asks the server to stop, makes it stop, and resolves when nothing of it is left. */
  close(): Promise<void>;
}
