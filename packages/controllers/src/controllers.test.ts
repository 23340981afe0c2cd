import { Manager } from "@moorage/operator-runtime";
import { describe, expect, it } from "vitest";
import { controllersOf } from "./controllers.ts";
import { images } from "./testing/mcp-server-fixtures.ts";

describe("controllersOf()", () => {
  it("run side by side in one manager", () => {
    const cluster = { server: "http://no-server.invalid", namespace: "default" };
    const manager = new Manager({ cluster, metrics: false, probes: false });
    const controllers = controllersOf({ images, addressing: "dns" });
    for (const controller of controllers) expect(() => manager.add(controller)).not.toThrow();
    expect(new Set(controllers.map(({ name }) => name)).size).toBe(controllers.length);
  });

  it("read a part of a kind that is the same for all of them, so that one watch does", () => {
    const watches = controllersOf({ images, addressing: "dns" }).flatMap((controller) => controller.watches ?? []);
    const filters = Map.groupBy(watches, ({ type }) => type.kind);
    for (const [kind, of] of filters) {
      expect(new Set(of.map(({ filter }) => JSON.stringify(filter))).size, kind).toBe(1);
    }
  });
});
