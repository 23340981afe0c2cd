import { describe, expect, it } from "vitest";
import { policyOf, violations } from "./policy.ts";

const level = (name: "baseline" | "restricted") => ({ level: name, version: "latest" });
const pod = (spec: object) => ({ annotations: {}, spec: { ...spec } });
const safe = {
  name: "c",
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  },
};

describe("violations()", () => {
  it.each([
    ["a plain container", { containers: [{ name: "c" }] }, 4],
    ["one that gives up everything", { containers: [safe] }, 0],
    ["one that does so beside one that does not", { containers: [safe, { name: "d" }] }, 4],
    ["the host's network", { hostNetwork: true, containers: [safe] }, 1],
    ["a folder of the host", { containers: [safe], volumes: [{ name: "h", hostPath: { path: "/" } }] }, 1],
    ["a volume of a Secret", { containers: [safe], volumes: [{ name: "s", secret: { secretName: "s" } }] }, 0],
    [
      "root in a user namespace of its own",
      { hostUsers: false, containers: [safe], securityContext: { runAsUser: 0 } },
      0,
    ],
  ])("restricted: %s", (_reason, spec, count) => {
    expect(violations(level("restricted"), pod(spec))).toHaveLength(count);
  });

  it("lets a plain container pass as baseline, and not a privileged one", () => {
    expect(violations(level("baseline"), pod({ containers: [{ name: "c" }] }))).toEqual([]);
    const privileged = { name: "c", securityContext: { privileged: true } };
    expect(violations(level("baseline"), pod({ containers: [privileged] }))).toEqual([
      { reason: "privileged", detail: 'container "c" must not set securityContext.privileged=true' },
    ]);
  });
});

describe("policyOf()", () => {
  const label = (mode: string) => `pod-security.kubernetes.io/${mode}`;

  it("warns of what it enforces, unless told otherwise", () => {
    expect(policyOf({ [label("enforce")]: "baseline" }).warn).toEqual(level("baseline"));
    expect(policyOf({ [label("enforce")]: "baseline", [label("warn")]: "restricted" }).warn).toEqual(
      level("restricted"),
    );
  });

  it("enforces the strictest level where it cannot read the label", () => {
    const policy = policyOf({ [label("enforce")]: "none" });
    expect(policy.enforce.level).toBe("restricted");
    expect(policy.errors).toHaveLength(1);
  });
});
