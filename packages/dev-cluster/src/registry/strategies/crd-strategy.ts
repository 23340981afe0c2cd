import { validateCosts, validateCrd, validateCrdUpdate } from "../../crd/validate-crd.ts";
import { ensureFields, listAt, valueAt } from "../../store/api-object.ts";
import { defaultCrd } from "../defaults/cluster-kinds.ts";
import type { Strategy } from "../strategy.ts";

/** Definitions of custom kinds; `crd/` serves what they define. */
export const crdStrategy: Strategy = {
  generation: true,
  defaults: defaultCrd,
  prepareCreate(object) {
    const stored = listAt(object, "spec", "versions").find((version) => valueAt(version, "storage") === true);
    const name = valueAt(stored, "name");
    ensureFields(object, "status")["storedVersions"] = name === undefined ? null : [name];
  },
  validate: validateCrd,
  validateCreate: validateCosts,
  validateUpdate: validateCrdUpdate,
};
