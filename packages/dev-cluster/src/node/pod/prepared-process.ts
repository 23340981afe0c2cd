import type { ProcessSpec } from "../process/container-process.ts";

/** A container's program, ready to start. */
export interface PreparedProcess extends ProcessSpec {
  /** The words that run another command in the same surroundings: mount paths in it lead to the real folders. */
  commandWords(command: readonly string[]): readonly string[];
  /** Undoes what starting it has left outside of its processes. */
  release?(): Promise<void>;
}
