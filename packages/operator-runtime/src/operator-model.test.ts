import fc from "fast-check";
import { describe, it } from "vitest";
import { startMemoryServer } from "./testing/model/memory-server.ts";
import { lives } from "./testing/model/steps.ts";
import { World } from "./testing/model/world.ts";

// biome-ignore lint/style/noProcessEnv: CI asks for more sequences than a developer wants to wait for.
const sequences = Number(process.env["MODEL_SEQUENCES"] ?? 150);

describe("the runtime", () => {
  it(`converges to what users want, whatever fails on the way (${sequences} sequences)`, {
    timeout: 60_000 + sequences * 200,
  }, async () => {
    const property = fc.asyncProperty(lives, async (steps) => new World(await startMemoryServer()).live(steps));
    await fc.assert(property, { numRuns: sequences });
  });
});
