import { setTimeout as wait } from "node:timers/promises";
import { Discovery } from "@moorage/kube-client";
import { groupResourceOf } from "@moorage/kube-types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DevUnderTest } from "./dev-cluster.ts";

/** Long enough for every timer of the operator, the controllers and the node to have come round; `STEADY_MS` for more. */
const steadyMs = Number(process.env["STEADY_MS"] ?? 15_000);
/** Told once per spell, and aggregated afterwards. */
const settleMs = 3_000;
let dev: DevUnderTest;

beforeAll(async () => {
  dev = await DevUnderTest.start();
}, 60_000);
afterAll(() => dev.stop());

/** Every stored object with its version, but Leases (whose renewal is the sign of life) and Events. */
async function versions(): Promise<Map<string, string>> {
  const { resources } = await Discovery.load(dev.client);
  const listed = resources.filter(
    ({ verbs, type }) => verbs.includes("list") && !["Lease", "Event"].includes(type.kind),
  );
  const lists = await Promise.all(
    listed.map(async ({ type }) => {
      const { items } = await dev.client.list(type);
      return items.map(
        ({ metadata }) =>
          [
            `${groupResourceOf(type)} ${metadata.namespace ?? ""}/${metadata.name}`,
            metadata.resourceVersion ?? "",
          ] as const,
      );
    }),
  );
  return new Map(lists.flat());
}

describe("a steady state", () => {
  it("sees no write, with a server that runs and one that cannot", { timeout: 120_000 + steadyMs }, async () => {
    await dev.apply("works", { image: "npx://@modelcontextprotocol/server-everything@2026.8.31", transport: "stdio" });
    await dev.apply("fails", { image: "ghcr.io/example/none:1", transport: "sse" });
    await dev.ready("works");
    await dev.condition("fails", "Ready", "ImagePullFailed", 10_000);
    await wait(settleMs);
    const before = await versions();
    await wait(steadyMs);
    const after = await versions();
    const changed = [...after]
      .filter(([name, version]) => before.get(name) !== version)
      .map(([name]) => name)
      // The node tries its image again, with back-off, and says in the pod's status that it does.
      .filter((name) => name !== "pods default/fails-0");
    expect(changed).toEqual([]);
    expect(after.size).toBe(before.size);
  });
});
