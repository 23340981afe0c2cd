import { memoryView } from "@moorage/operator-runtime/testing";
import { StacklokMCPServer } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { images, stacklokServer } from "../testing/mcp-server-fixtures.ts";
import { mcpServerController } from "./controller.ts";
import { serverMetrics } from "./metrics.ts";

const controller = mcpServerController(StacklokMCPServer, { name: "test", images, addressing: "dns" });
const view = memoryView(controller, []);
const servers = [
  stacklokServer({}, { phase: "Running" }),
  stacklokServer({}, { phase: "Running" }),
  stacklokServer({}, { phase: "Failed" }),
  stacklokServer(),
];

function samplesOf(name: string, objects = servers) {
  const metric = serverMetrics(StacklokMCPServer).find((one) => one.name === name);
  if (metric?.kind !== "gauge") throw new Error(`There is no gauge ${name}`);
  return [...metric.samplesOf(objects, view)];
}

describe("serverMetrics()", () => {
  it("has the names that document S5 gives", () => {
    expect(serverMetrics(StacklokMCPServer).map(({ name }) => name)).toEqual([
      "mcpserver_total",
      "mcpserver_phase",
      "mcpserver_deployment_creation_errors_total",
      "mcpserver_service_creation_errors_total",
    ]);
  });

  it("counts servers, by API group", () => {
    expect(samplesOf("mcpserver_total")).toEqual([{ labels: { api_group: "mcp.stacklok.com" }, value: 4 }]);
  });

  it("counts them by phase, and always has Running and Pending", () => {
    const values = (objects: typeof servers) =>
      Object.fromEntries(samplesOf("mcpserver_phase", objects).map(({ labels, value }) => [labels["phase"], value]));
    expect(values(servers)).toEqual({ Running: 2, Pending: 1, Failed: 1 });
    expect(values([])).toEqual({ Running: 0, Pending: 0 });
  });
});
