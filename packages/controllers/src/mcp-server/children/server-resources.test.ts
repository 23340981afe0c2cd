import type { MCPServer } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { stacklokServer } from "../../testing/mcp-server-fixtures.ts";
import { serverResources } from "./server-resources.ts";

describe("serverResources()", () => {
  it.each<[string, Partial<MCPServer["spec"]>, object]>([
    [
      "two processes over stdio",
      {},
      { requests: { cpu: "50m", memory: "192Mi" }, limits: { cpu: "1", memory: "512Mi" } },
    ],
    [
      "64 streams over sse",
      { transport: "sse" },
      { requests: { cpu: "50m", memory: "192Mi" }, limits: { cpu: "1", memory: "512Mi" } },
    ],
    [
      "64 sessions over streamable HTTP",
      { transport: "streamable-http" },
      { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "384Mi" } },
    ],
    [
      "more sessions, more memory",
      { expectedSessions: 10 },
      { requests: { cpu: "50m", memory: "704Mi" }, limits: { cpu: "1", memory: "1536Mi" } },
    ],
    [
      "tools that compute",
      { computeProfile: "intensive" },
      { requests: { cpu: "500m", memory: "192Mi" }, limits: { cpu: "4", memory: "512Mi" } },
    ],
    [
      "the user's own, quantity by quantity: no default stands against what they asked for",
      { resources: { requests: { memory: "4Gi" }, limits: { cpu: "200m" } } },
      { requests: { memory: "4Gi" }, limits: { cpu: "200m" } },
    ],
  ])("gives %s", (_, spec, resources) => {
    expect(serverResources(stacklokServer(spec))).toEqual(resources);
  });
});
