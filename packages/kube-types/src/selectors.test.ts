import { describe, expect, it } from "vitest";
import { formatLabels, matchesLabels, matchesSelector, parseSelector } from "./selectors.ts";

const labels = { app: "web", tier: "front", "example.com/owner": "ada" };

describe("matchesSelector()", () => {
  it.each([
    ["an empty selector", {}, true],
    ["no selector", undefined, false],
    ["equal labels", { matchLabels: { app: "web" } }, true],
    ["another value", { matchLabels: { app: "db" } }, false],
    ["In", { matchExpressions: [{ key: "tier", operator: "In", values: ["back", "front"] }] }, true],
    ["In without the label", { matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }, false],
    ["NotIn without the label", { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] }, true],
    ["Exists", { matchExpressions: [{ key: "app", operator: "Exists" }] }, true],
    ["DoesNotExist", { matchExpressions: [{ key: "app", operator: "DoesNotExist" }] }, false],
    [
      "both parts, of which one fails",
      { matchLabels: { app: "web" }, matchExpressions: [{ key: "zone", operator: "Exists" }] },
      false,
    ],
  ])("by %s", (_, selector, expected) => {
    expect(matchesSelector(selector, labels)).toBe(expected);
  });

  it("refuses an operator that it does not know", () => {
    expect(() => matchesSelector({ matchExpressions: [{ key: "a", operator: "Like" }] }, labels)).toThrow(
      /"Like".*use In, NotIn/,
    );
  });
});

describe("matchesLabels()", () => {
  it("wants every pair", () => {
    expect(matchesLabels({ app: "web", tier: "front" }, labels)).toBe(true);
    expect(matchesLabels({ app: "web", tier: "back" }, labels)).toBe(false);
    expect(matchesLabels(undefined, undefined)).toBe(true);
  });
});

describe("formatLabels()", () => {
  it("writes what parseSelector() reads", () => {
    expect(formatLabels({ app: "web", "example.com/owner": "ada" })).toBe("app=web,example.com/owner=ada");
    expect(matchesSelector(parseSelector(formatLabels(labels)), labels)).toBe(true);
    expect(formatLabels({})).toBe("");
  });
});

describe("parseSelector()", () => {
  it.each<[string, unknown, string]>([
    ["", {}, "nothing asked"],
    ["app=web", true, "equality"],
    ["app==web,tier!=back", true, "two requirements"],
    ["tier in (front, back)", true, "a set with a space"],
    ["tier notin (front)", false, "exclusion"],
    ["example.com/owner", true, "existence of a prefixed key"],
    ["!zone", true, "absence"],
    ["!app", false, "absence of what is there"],
    ["app=", false, "an empty value"],
  ])("reads %j", (text, expected) => {
    const selector = parseSelector(text);
    if (typeof expected === "boolean") expect(matchesSelector(selector, labels)).toBe(expected);
    else expect(selector).toEqual(expected);
  });

  it.each(["app=web=x", "in (a)", "a b", "=x"])("refuses %j with the part that is wrong", (text) => {
    expect(() => parseSelector(text)).toThrow(/Cannot parse label selector: ".*" is not a requirement/);
  });
});
