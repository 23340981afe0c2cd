import { Deployment } from "@moorage/kube-types/apps-v1";
import { Namespace, Pod } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { describeObject, resourcePath } from "./resource-path.ts";

describe("resourcePath()", () => {
  it.each([
    [Pod, { namespace: "a", name: "b", subresource: "log" }, "/api/v1/namespaces/a/pods/b/log"],
    [Pod, {}, "/api/v1/pods"],
    [Deployment, { namespace: "a" }, "/apis/apps/v1/namespaces/a/deployments"],
    [Namespace, { namespace: "ignored", name: "b" }, "/api/v1/namespaces/b"],
    [Pod, { namespace: "a", name: "../x" }, "/api/v1/namespaces/a/pods/..%2Fx"],
  ])("%o %o", (type, place, expected) => {
    expect(resourcePath(type, place)).toBe(expected);
  });

  it("refuses a namespaced object without its namespace", () => {
    expect(() => resourcePath(Pod, { name: "x" })).toThrow('Pod "x"');
  });
});

describe("describeObject()", () => {
  it.each([
    [{ namespace: "a", name: "b" }, 'Pod "a/b"'],
    [{ name: "b" }, 'Pod "b"'],
    [{ namespace: "a" }, 'pods in namespace "a"'],
    [{}, "pods"],
  ])("%o", (key, expected) => {
    expect(describeObject(Pod, key)).toBe(expected);
  });
});
