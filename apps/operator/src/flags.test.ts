import { describe, expect, it } from "vitest";
import { parseFlags } from "./flags.ts";

describe("parseFlags()", () => {
  it("serves metrics on 8080 and probes on 8081 of every address by default", () => {
    expect(parseFlags([], {})).toMatchObject({ metrics: { port: 8080 }, probes: { port: 8081 }, addressing: "dns" });
  });

  it.each<[string[], NodeJS.ProcessEnv, string[] | undefined, string]>([
    [["--namespace", "a"], { WATCH_NAMESPACE: "b" }, ["a"], "the flag wins"],
    [["--namespace", "a, b,a"], {}, ["a", "b"], "each once, whatever the spaces"],
    [[], { WATCH_NAMESPACE: "b,c" }, ["b", "c"], "the environment says it"],
    [[], { WATCH_NAMESPACE: "" }, undefined, "empty means all"],
    [["--namespace", ""], { WATCH_NAMESPACE: "b" }, undefined, "an empty flag wins, too"],
  ])("takes the namespaces from %j and %j: %j, as %s", (args, env, namespaces) => {
    expect(parseFlags(args, env)?.namespaces).toEqual(namespaces);
  });

  it.each<[string[], RegExp]>([
    [["--service-address", "ip"], /--service-address must be dns or clusterIP, got "ip"/],
    [["--metrics-bind-address", "8080"], /--metrics-bind-address must be HOST:PORT or :PORT, got "8080"/],
    [["--metrics-bind-address", ":99999"], /got ":99999"/],
    [["--namespace", "a,B_"], /--namespace must be names .*, got "B_" in "a,B_"/],
    [["--nonsense"], /--nonsense/],
  ])("refuses %j", (args, message) => {
    expect(() => parseFlags(args, {})).toThrow(message);
  });

  it("returns nothing when help is asked for", () => {
    expect(parseFlags(["--help"], {})).toBeUndefined();
  });
});
