import fc from "fast-check";
import type { ModelServer } from "./model-server.ts";
import { lives } from "./steps.ts";
import { World } from "./world.ts";

/** Most of a life is waiting: for retries, for answers. */
const lanes = 16;

/**
 * Lives through `sequences` random lives, many at the same time, each in a world of its own.
 * @throws fast-check's error with the shortest life that fails, its seed and its path.
 */
export async function liveThrough(sequences: number, startServer: () => Promise<ModelServer>): Promise<void> {
  const property = fc.asyncProperty(lives, async (steps) => new World(await startServer()).live(steps));
  const each = Math.ceil(sequences / lanes);
  await Promise.all(Array.from({ length: lanes }, () => fc.assert(property, { numRuns: each })));
}
