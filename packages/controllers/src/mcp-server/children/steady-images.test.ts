import { describe, expect, it } from "vitest";
import { withSteadyImages } from "./steady-images.ts";

const build = (command: string) => (images: { runner: string }) => ({
  spec: { containers: [{ name: "mcp", image: images.runner, command: [command] }] },
});
const before = { moorage: "moorage:1", runner: "runner:1" };
const after = { moorage: "moorage:2", runner: "runner:2" };

function workload(annotations: Record<string, string>) {
  return { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "weather", annotations } };
}

describe("withSteadyImages()", () => {
  const first = withSteadyImages(build("serve"), { images: before, existing: undefined });

  it("takes the current images for new pods", () => {
    expect(first.template.spec?.containers[0]?.image).toBe("runner:1");
  });

  it("rolls nothing when only the operator is another one", () => {
    const again = withSteadyImages(build("serve"), { images: after, existing: workload(first.annotations) });
    expect(again).toEqual(first);
  });

  it("brings the current images along with a change of the server", () => {
    const changed = withSteadyImages(build("other"), { images: after, existing: workload(first.annotations) });
    expect(changed.template.spec?.containers[0]?.image).toBe("runner:2");
  });
});
