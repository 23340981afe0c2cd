import { describe, expect, it } from "vitest";
import { Catalog } from "../registry/catalog.ts";
import { ApiError } from "../status/api-error.ts";
import { type ApiObject, type Fields, isApiObject } from "../store/api-object.ts";
import { applyConfiguration, createByApply } from "./apply-configuration.ts";
import { trackUpdate } from "./track-update.ts";

const catalog = new Catalog();
const info = catalog.find("apps", "v1", "deployments");
if (!info) throw new Error("Cannot test without deployments");

const caller = { name: "test", groups: [] };
const by = (manager: string, force = false) => ({ caller, manager, force });

function deployment(spec: Fields, metadata: Fields = {}): ApiObject {
  const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d", ...metadata }, spec };
  if (!isApiObject(object)) throw new Error("Cannot build the object");
  return object;
}
const containers = (...list: Fields[]) => ({ template: { spec: { containers: list } } });
const managersOf = (object: ApiObject) =>
  object.metadata.managedFields?.map((entry) => `${entry.manager} ${entry.operation}`).sort();

function update(old: ApiObject, next: ApiObject, manager: string): ApiObject {
  const object = structuredClone({
    ...next,
    metadata: { ...next.metadata, managedFields: old.metadata.managedFields },
  });
  trackUpdate({ info: info ?? neverInfo(), key: "", object, old, options: { caller, manager } });
  return object;
}
function neverInfo(): never {
  throw new Error("Cannot test without deployments");
}
const created = (spec: Fields, manager = "one") => createByApply(info, deployment(spec), by(manager));
const applied = (live: ApiObject, spec: Fields, options = by("one")) =>
  applyConfiguration(info, live, deployment(spec), options);

describe("applyConfiguration()", () => {
  it("removes what its manager applied before and leaves out now", () => {
    const next = applied(created({ replicas: 2, paused: true }), { replicas: 2 });
    expect(next["spec"]).toEqual({ replicas: 2 });
  });

  it("keeps what another manager applies too", () => {
    const both = applied(created({ replicas: 2, paused: true }), { paused: true }, by("two"));
    expect(applied(both, { replicas: 2 })["spec"]).toEqual({ replicas: 2, paused: true });
    expect(managersOf(both)).toEqual(["one Apply", "two Apply"]);
  });

  it("refuses to change what another manager owns, naming the field", () => {
    const live = created({ replicas: 2 });
    const conflict = (() => {
      try {
        applied(live, { replicas: 3 }, by("two"));
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(conflict).toBeInstanceOf(ApiError);
    expect(conflict).toMatchObject({
      status: {
        code: 409,
        reason: "Conflict",
        message: 'Apply failed with 1 conflict: conflict with "one": .spec.replicas',
        details: { causes: [{ reason: "FieldManagerConflict", field: ".spec.replicas" }] },
      },
    });
  });

  it("takes the field over by force, and the other loses it", () => {
    const next = applied(created({ replicas: 2 }), { replicas: 3 }, by("two", true));
    expect(next["spec"]).toEqual({ replicas: 3 });
    expect(managersOf(next)).toEqual(["two Apply"]);
  });

  it("shares a field with whoever applies the same value", () => {
    expect(managersOf(applied(created({ replicas: 2 }), { replicas: 2 }, by("two")))).toEqual([
      "one Apply",
      "two Apply",
    ]);
  });

  it("merges lists by key, and gives each manager its own items", () => {
    const one = created(containers({ name: "a", image: "1" }));
    const two = applied(one, containers({ name: "b", image: "2" }), by("two"));
    expect(two["spec"]).toEqual(containers({ name: "a", image: "1" }, { name: "b", image: "2" }));
    expect(applied(two, { replicas: 1 })["spec"]).toEqual({ replicas: 1, ...containers({ name: "b", image: "2" }) });
  });

  it("keys ports by their default protocol", () => {
    const port = (extra: Fields) => containers({ name: "a", ports: [{ containerPort: 80, ...extra }] });
    const next = applied(created(port({ name: "web" })), port({ protocol: "TCP", name: "http" }));
    expect(next["spec"]).toEqual(port({ name: "http", protocol: "TCP" }));
  });

  it("owns atomic values as a whole", () => {
    const next = applied(created({ selector: { matchLabels: { a: "1", b: "2" } } }), {
      selector: { matchLabels: { c: "3" } },
    });
    expect(next["spec"]).toEqual({ selector: { matchLabels: { c: "3" } } });
  });

  it("loses what an update has changed, and takes it back by conflict only", () => {
    const live = created({ replicas: 2 });
    const scaled = update(live, deployment({ replicas: 5 }), "scaler");
    expect(managersOf(scaled)).toEqual(["scaler Update"]);
    expect(() => applied(scaled, { replicas: 2 })).toThrow('conflict with "scaler" using apps/v1');
    expect(applied(scaled, { paused: true })["spec"]).toEqual({ replicas: 5, paused: true });
  });

  it("lets kubectl take over what client-side apply wrote last", () => {
    const last = JSON.stringify(deployment({ replicas: 2 }));
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": last };
    const before = deployment({ replicas: 2 }, { annotations });
    const live = update(deployment({}), before, "kubectl-client-side-apply");
    const next = applyConfiguration(info, live, deployment({ replicas: 3 }), by("kubectl"));
    expect(next["spec"]).toEqual({ replicas: 3 });
    expect(() => applyConfiguration(info, live, deployment({ replicas: 3 }), by("other"))).toThrow("conflict");
  });

  it("changes nothing when the same is applied again", () => {
    const live = created({ replicas: 2, ...containers({ name: "a", image: "1" }) });
    expect(applied(live, { replicas: 2, ...containers({ name: "a", image: "1" }) })).toEqual(live);
  });

  it("refuses a list that names one item twice", () => {
    expect(() => applied(created({}), containers({ name: "a" }, { name: "a" }))).toThrow("duplicate entries for key");
  });
});
