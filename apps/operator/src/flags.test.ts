import { describe, expect, it } from "vitest";
import { parseFlags } from "./flags.ts";

describe("parseFlags()", () => {
  it("serves metrics on 8080 and probes on 8081 of every address by default", () => {
    expect(parseFlags([], {})).toMatchObject({ metrics: { port: 8080 }, probes: { port: 8081 }, addressing: "dns" });
  });

  it.each<[string[], NodeJS.ProcessEnv, string | undefined, string]>([
    [["--namespace", "a"], { WATCH_NAMESPACE: "b" }, "a", "the flag wins"],
    [[], { WATCH_NAMESPACE: "b" }, "b", "the environment says it"],
    [[], { WATCH_NAMESPACE: "" }, undefined, "empty means all"],
  ])("takes the namespace from %j and %j: %s", (args, env, namespace) => {
    expect(parseFlags(args, env)?.namespace).toBe(namespace);
  });

  it.each<[string[], RegExp]>([
    [["--service-address", "ip"], /--service-address must be dns or clusterIP, got "ip"/],
    [["--metrics-bind-address", "8080"], /--metrics-bind-address must be HOST:PORT or :PORT, got "8080"/],
    [["--metrics-bind-address", ":99999"], /got ":99999"/],
    [["--nonsense"], /--nonsense/],
  ])("refuses %j", (args, message) => {
    expect(() => parseFlags(args, {})).toThrow(message);
  });

  it("returns nothing when help is asked for", () => {
    expect(parseFlags(["--help"], {})).toBeUndefined();
  });
});
