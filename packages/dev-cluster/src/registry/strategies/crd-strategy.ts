import { validateCrd, validateCrdUpdate } from "../../crd/validate-crd.ts";
import { defaultCrd } from "../defaults/cluster-kinds.ts";
import type { Strategy } from "../strategy.ts";

/** Definitions of custom kinds; `crd/` serves what they define. */
export const crdStrategy: Strategy = {
  generation: true,
  defaults: defaultCrd,
  validate: validateCrd,
  validateUpdate: validateCrdUpdate,
};
