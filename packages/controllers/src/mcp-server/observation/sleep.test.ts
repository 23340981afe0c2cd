import type { ProxyStatus } from "@moorage/mcp-proxy";
import type { MCPServer } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { pod, stacklokServer, workload } from "../../testing/mcp-server-fixtures.ts";
import { sleepOf } from "./sleep.ts";

const scaleToZero = { idleSeconds: 300, holdSeconds: 60 };
const server = (spec: Partial<MCPServer["spec"]> = {}) =>
  stacklokServer({ scaleToZero, ...spec }, { phase: "Running" });
const now = new Date("2026-01-01T01:00:00Z");
const oldPod = { ...pod("proxy", "10.0.0.1"), metadata: { name: "w-0", creationTimestamp: "2026-01-01T00:00:00Z" } };

function proxy(activity: Partial<ProxyStatus["activity"]>): ProxyStatus {
  return {
    ready: true,
    upstream: null,
    configHash: "",
    sessions: 0,
    processes: 0,
    activity: { inFlight: 0, held: 0, sessions: 0, lastRequestSecondsAgo: null, ...activity },
  };
}
const awake = (...proxies: ProxyStatus[]) =>
  sleepOf(server(), { workload: workload("StatefulSet", 1), serverPods: [oldPod], proxies, now });
const asleep = (...proxies: ProxyStatus[]) =>
  sleepOf(server(), { workload: workload("StatefulSet", 0), serverPods: [], proxies, now });

describe("sleepOf()", () => {
  it("never stops a server that does not ask for it", () => {
    expect(sleepOf(stacklokServer(), { workload: undefined, serverPods: [], proxies: [], now })).toEqual({
      asleep: false,
    });
  });

  it("stops a server that nobody has used for so long", () => {
    expect(awake(proxy({ lastRequestSecondsAgo: 301 }))).toMatchObject({ asleep: true });
    expect(awake(proxy({}))).toMatchObject({ asleep: true });
  });

  it("waits for the last proxy, and looks again when that one may be idle", () => {
    expect(awake(proxy({ lastRequestSecondsAgo: 301 }), proxy({ lastRequestSecondsAgo: 100 }))).toEqual({
      asleep: false,
      recheckAfterMs: 200_000,
    });
  });

  it("stops no server in the middle of a call", () => {
    expect(awake(proxy({ lastRequestSecondsAgo: 301, inFlight: 1 }))).toMatchObject({ asleep: false });
  });

  it("stops no server that a session is open with, however quiet", () => {
    expect(awake(proxy({ lastRequestSecondsAgo: 301, sessions: 1 }))).toMatchObject({ asleep: false });
  });

  it("stops no server that has just been started", () => {
    const young = { ...oldPod, metadata: { name: "w-0", creationTimestamp: "2026-01-01T00:59:00Z" } };
    const seen = { workload: workload("StatefulSet", 1), serverPods: [young], proxies: [proxy({})], now };
    expect(sleepOf(server(), seen)).toEqual({ asleep: false, recheckAfterMs: 240_000 });
  });

  it("stops nothing while no proxy can be asked", () => {
    expect(awake()).toMatchObject({ asleep: false });
  });

  it("wakes a server that a client waits for, and no other", () => {
    expect(asleep(proxy({ held: 1 }))).toEqual({ asleep: false });
    expect(asleep(proxy({ lastRequestSecondsAgo: 1000 }))).toMatchObject({ asleep: true });
  });

  it("leaves a server alone that the user has stopped", () => {
    const seen = { workload: workload("StatefulSet", 0), serverPods: [], proxies: [proxy({ held: 1 })], now };
    expect(sleepOf(server({ replicas: 0 }), seen)).toEqual({ asleep: false });
  });
});
