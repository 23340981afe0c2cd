import type { PodTemplateSpec } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { podTemplateCondition, withPodTemplatePatch } from "./pod-template.ts";

const template: PodTemplateSpec = {
  metadata: { labels: { app: "weather" } },
  spec: {
    containers: [
      {
        name: "mcp",
        image: "weather:1",
        env: [{ name: "PORT", value: "8080" }],
        ports: [{ name: "mcp", containerPort: 8080, protocol: "TCP" }],
        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      },
    ],
    volumes: [{ name: "tmp", emptyDir: {} }],
  },
};

describe("withPodTemplatePatch()", () => {
  it("leaves a template without a patch alone", () => {
    expect(withPodTemplatePatch(template, undefined)).toBe(template);
  });

  it.each<[string, Partial<PodTemplateSpec>, unknown]>([
    [
      "adds a node selector",
      { spec: { containers: [], nodeSelector: { disktype: "ssd" } } },
      { spec: { nodeSelector: { disktype: "ssd" } } },
    ],
    [
      "adds labels",
      { metadata: { labels: { team: "sky" } } },
      { metadata: { labels: { app: "weather", team: "sky" } } },
    ],
    [
      "changes the server's container by its name",
      { spec: { containers: [{ name: "mcp", workingDir: "/srv" }] } },
      { spec: { containers: [{ name: "mcp", image: "weather:1", workingDir: "/srv" }] } },
    ],
    [
      "puts a sidecar beside it",
      { spec: { containers: [{ name: "log", image: "log:1" }] } },
      { spec: { containers: [{ name: "log", image: "log:1" }, { name: "mcp" }] } },
    ],
    [
      "merges environment, ports and mounts by their keys",
      {
        spec: {
          containers: [
            {
              name: "mcp",
              env: [
                { name: "DEBUG", value: "1" },
                { name: "PORT", value: "9" },
              ],
              volumeMounts: [{ name: "data", mountPath: "/data" }],
            },
          ],
        },
      },
      {
        spec: {
          containers: [
            {
              env: [
                { name: "DEBUG", value: "1" },
                { name: "PORT", value: "9" },
              ],
              volumeMounts: [{ mountPath: "/data" }, { mountPath: "/tmp" }],
            },
          ],
        },
      },
    ],
    [
      "adds volumes",
      { spec: { containers: [], volumes: [{ name: "data", emptyDir: {} }] } },
      { spec: { volumes: [{ name: "data" }, { name: "tmp" }] } },
    ],
    [
      "replaces lists that have no merge key",
      { spec: { containers: [], tolerations: [{ operator: "Exists" }] } },
      { spec: { tolerations: [{ operator: "Exists" }] } },
    ],
  ])("%s", (_, patch, expected) => {
    expect(withPodTemplatePatch(template, patch)).toMatchObject(expected as object);
  });

  it("does not change the template that it is given", () => {
    const before = structuredClone(template);
    withPodTemplatePatch(template, { spec: { containers: [{ name: "mcp", image: "other:2" }] } });
    expect(template).toEqual(before);
  });
});

describe("podTemplateCondition()", () => {
  it("tells of an item without its key, in words that name it", () => {
    const patch = JSON.parse('{"spec": {"containers": [{"image": "log:1"}]}}');
    expect(podTemplateCondition("spec.podTemplateSpec", patch)).toMatchObject({
      status: "False",
      reason: "PodTemplateInvalid",
      message: expect.stringContaining('{"image":"log:1"} does not contain declared merge key: name'),
    });
  });

  it("says nothing without a patch", () => {
    expect(podTemplateCondition("spec.podTemplateSpec", undefined)).toBeUndefined();
  });
});
