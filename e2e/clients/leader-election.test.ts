import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { hasBinaries, run, servers } from "./servers.ts";

const program = join(import.meta.dirname, "../../bench/leader-election/main.ts");
const [, real] = servers;

it.runIf(hasBinaries(real.needs, "leader election on a real API server"))(
  "lets one of three replicas work, whether the leader is stopped, killed, paused or cut off",
  { timeout: 240_000 },
  async () => {
    const server = await real.start();
    onTestFinished(() => server.stop());
    const { code, text } = await run(process.execPath, [program, server.kubeconfig]);
    expect(text).toMatch(/cut off from the API server: hand-over after \d+ ms, 0 stale writes/);
    expect([code, text]).toEqual([0, expect.not.stringContaining("PROBLEM")]);
  },
);
