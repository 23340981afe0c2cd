import { request } from "@moorage/mcp-messages";
import { describe, expect, it } from "vitest";
import type { Call, Handler } from "../call.ts";
import type { RateLimits } from "../run-config/security-schema.ts";
import { limitRate } from "./limit-rate.ts";

const next: Handler = async () => ({ status: 200 });
const call = (id: string, tool = "echo"): Call => ({
  kind: "message",
  requestID: "r",
  transport: "streamable-http",
  era: "legacy",
  headers: {},
  url: "/mcp",
  sessionID: undefined,
  principal: { id, claims: {}, scopes: [] },
  frame: { message: request(1, "tools/call", { name: tool }) },
  reply: { emit() {}, onGone() {} },
});

function limited(limits: RateLimits) {
  let now = 0;
  const handle = limitRate(limits, () => now)(next);
  return {
    advance: (ms: number) => {
      now += ms;
    },
    outcome: (id: string, tool?: string) =>
      handle(call(id, tool)).then(
        ({ status }) => status,
        (error: { details: { retryAfterSeconds: number } }) => `wait ${error.details.retryAfterSeconds}`,
      ),
  };
}

describe("limitRate()", () => {
  it("lets a burst through, then the rate, and says how long to wait", async () => {
    const { outcome, advance } = limited({ server: { requests: 2, perSeconds: 10 } });
    expect([await outcome("a"), await outcome("b"), await outcome("c")]).toEqual([200, 200, "wait 5"]);
    advance(5000);
    expect([await outcome("a"), await outcome("a")]).toEqual([200, "wait 5"]);
    advance(3_600_000);
    expect([await outcome("a"), await outcome("a"), await outcome("a")]).toEqual([200, 200, "wait 5"]);
  });

  it("counts every principal by itself", async () => {
    const { outcome } = limited({ perPrincipal: { requests: 1 } });
    expect([await outcome("a"), await outcome("b"), await outcome("a")]).toEqual([200, 200, "wait 60"]);
  });

  it("counts a tool by principal, and no other tool", async () => {
    const { outcome } = limited({ tools: { echo: { requests: 1 } } });
    expect([await outcome("a"), await outcome("a"), await outcome("b"), await outcome("a", "pid")]).toEqual([
      200,
      "wait 60",
      200,
      200,
    ]);
  });
});
