import type { Event } from "@moorage/kube-types/events-v1";
import { describe, expect, it } from "vitest";
import { age } from "./age.ts";
import { columns } from "./columns.ts";
import { describeObject } from "./description.ts";

describe("columns()", () => {
  it("pads to the widest cell and leaves no space at line ends", () => {
    expect(
      columns([
        ["NAME", "AGE"],
        ["a-long-name", ""],
        ["b", "5s"],
      ]),
    ).toBe("NAME          AGE\na-long-name\nb             5s\n");
  });
});

describe("age()", () => {
  const now = new Date("2026-01-10T00:00:00Z");
  it.each([
    ["2026-01-09T23:59:30Z", "30s"],
    ["2026-01-09T23:58:01Z", "119s"],
    ["2026-01-09T23:57:00Z", "3m"],
    ["2026-01-09T19:00:00Z", "5h"],
    ["2026-01-01T00:00:00Z", "9d"],
    ["2026-01-10T00:00:05Z", "0s"],
  ])("tells %s as %s", (since, expected) => {
    expect(age(new Date(since), now)).toBe(expected);
  });
});

describe("describeObject()", () => {
  const object = {
    apiVersion: "mcp.stacklok.com/v1alpha1",
    kind: "MCPServer",
    metadata: {
      name: "weather",
      namespace: "default",
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { team: "sky" },
    },
    spec: { targetPort: 3000, args: ["--verbose"], proxy: { enabled: true } },
    status: {
      availableReplicas: 1,
      conditions: [
        {
          type: "Ready",
          status: "False",
          reason: "ImagePullFailed",
          message: 'Cannot get image "x"',
          lastTransitionTime: "",
        },
      ],
    },
  };
  const event: Event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: "weather.1" },
    eventTime: "2026-01-01T00:00:05.000000Z",
    type: "Warning",
    reason: "ImagePullFailed",
    reportingController: "moorage",
    note: 'Cannot get image "x"',
  };

  it("shows metadata, fields, conditions and events", () => {
    const text = describeObject(object, [event], new Date("2026-01-01T00:00:35Z"));
    expect(text).toContain("Name:        weather\n");
    expect(text).toContain("Labels:      team=sky\n");
    expect(text).toContain("  Target Port:  3000\n  Args:\n    --verbose\n  Proxy:\n    Enabled:  true\n");
    expect(text).toContain("Status:\n  Available Replicas:  1\n");
    expect(text).toMatch(/ {2}Ready +False +ImagePullFailed +Cannot get image "x"/);
    expect(text).toMatch(/ {2}Warning +ImagePullFailed +30s +moorage +Cannot get image "x"/);
  });

  it("says that there were no events", () => {
    expect(describeObject(object, [], new Date())).toContain("Events:  <none>");
  });
});
