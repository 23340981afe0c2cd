import { describe, it } from "vitest";
import { liveThrough } from "./testing/model/lanes.ts";
import { startMemoryServer } from "./testing/model/memory-server.ts";

// biome-ignore lint/style/noProcessEnv: CI asks for more sequences than a developer wants to wait for.
const sequences = Number(process.env["MODEL_SEQUENCES"] ?? 400);

describe("the runtime", () => {
  it(`converges to what users want, whatever fails on the way (${sequences} sequences)`, {
    timeout: 60_000 + sequences * 100,
  }, async () => {
    await liveThrough(sequences, startMemoryServer);
  });
});
