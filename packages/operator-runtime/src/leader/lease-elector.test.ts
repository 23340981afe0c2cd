import { Client } from "@moorage/kube-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryApiServer } from "../testing/memory-api/memory-api-server.ts";
import { LeaseElector } from "./lease-elector.ts";
import { type LeaseOptions, leaseTiming } from "./lease-options.ts";

let server: MemoryApiServer;
let client: Client;
beforeEach(async () => {
  server = new MemoryApiServer();
  client = new Client({ cluster: await server.start() });
});
afterEach(async () => {
  await client.close();
  await server[Symbol.asyncDispose]();
});

const fast = { leaseDurationMs: 1_000, renewDeadlineMs: 300, retryPeriodMs: 20 };

/** A candidate, and what it was told. */
function candidate(identity: string, options: Partial<LeaseOptions> = {}, skewMs = 0) {
  const stop = new AbortController();
  const led = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<string>();
  const state = { heldUntilMs: 0, renewals: 0, leader: "" };
  const now = () => performance.now() + skewMs;
  const elector = new LeaseElector(
    client,
    { namespace: "d", name: "l", identity, ...fast, ...options },
    {
      held(untilMs) {
        state.heldUntilMs = untilMs;
        state.renewals += 1;
        led.resolve();
      },
      released() {
        state.heldUntilMs = 0;
      },
      lost: (reason) => lost.resolve(reason),
      observed(leader) {
        state.leader = leader;
      },
    },
    now,
  );
  const ended = elector.run(stop.signal);
  const end = async () => {
    stop.abort();
    await ended;
  };
  return { state, led: led.promise, lost: lost.promise, ended, end, holds: () => now() < state.heldUntilMs };
}

const lease = () => server.store.find("leases", "d/l");
const specOf = () => Reflect.get(lease() ?? {}, "spec") as { holderIdentity: string; leaseTransitions: number };

describe("LeaseElector", () => {
  it("lets one lead, and another at once when the first gives the Lease back", async () => {
    // Long enough that only a release can explain a quick hand-over, however busy the machine is.
    const patient = { leaseDurationMs: 10_000, renewDeadlineMs: 5_000 };
    const first = candidate("one", patient);
    await first.led;
    const second = candidate("two", patient);
    while (first.state.renewals < 3 || second.state.leader === "")
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect([second.state.renewals, second.state.leader]).toEqual([0, "one"]);
    await first.end();
    const startedAt = performance.now();
    await second.led;
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(specOf()).toMatchObject({ holderIdentity: "two", leaseTransitions: 1 });
    await second.end();
    expect(specOf().holderIdentity).toBe("");
  });

  it("loses when it cannot renew in time, before anybody else may lead", async () => {
    const first = candidate("one");
    await first.led;
    server.faults.refuse = (_method, path) => (path.includes("leases") ? 500 : undefined);
    const reason = await first.lost;
    await first.ended;
    expect(reason).toContain("could not be renewed");
    server.faults.refuse = () => undefined;
    const second = candidate("two");
    await second.led;
    expect(first.holds()).toBe(false);
    await second.end();
  });

  it("stops at once when somebody else took the Lease", async () => {
    const first = candidate("one");
    await first.led;
    const author = { manager: "x", operation: "Update", subresource: "" } as const;
    server.store.write(
      "leases",
      "d/l",
      (live) => Object.assign(live, { spec: { holderIdentity: "thief", leaseDurationSeconds: 15 } }),
      author,
    );
    expect(await first.lost).toContain('"thief"');
    await first.ended;
    expect(specOf().holderIdentity).toBe("thief");
  });

  it("never has two leaders among five who come, go and are cut off", async () => {
    const candidates = ["a", "b", "c", "d", "e"].map((name, index) => candidate(name, {}, index * 10_000));
    const holders = () => candidates.filter(({ holds }) => holds()).length;
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, holders());
    }, 5);
    for (let round = 0; round < 4; round++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      server.faults.refuse = () => (Math.random() < 0.7 ? "reset" : undefined);
      await new Promise((resolve) => setTimeout(resolve, 200));
      server.faults.refuse = () => undefined;
    }
    await Promise.all(candidates.map(({ end }) => end()));
    clearInterval(watching);
    expect(most).toBe(1);
  });

  it("judges expiry by its own clock, not by the times in the Lease", async () => {
    const author = { manager: "x", operation: "Update", subresource: "" } as const;
    const spec = { holderIdentity: "old", leaseDurationSeconds: 1, renewTime: "2001-01-01T00:00:00.000000Z" };
    server.store.write("leases", "d/l", (live) => Object.assign(live, { spec }), author);
    const startedAt = performance.now();
    const patient = candidate("new");
    await patient.led;
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    await patient.end();
  });
});

describe("leaseTiming()", () => {
  it.each([[{ leaseDurationMs: 10_000 }], [{ renewDeadlineMs: 2_000 }], [{ retryPeriodMs: 0 }]])(
    "refuses %o, with which two could lead",
    (timing) => {
      expect(() => leaseTiming({ namespace: "d", name: "l", identity: "i", ...timing })).toThrow(RangeError);
    },
  );
});
