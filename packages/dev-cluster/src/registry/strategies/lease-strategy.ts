import type { FieldError } from "../../status/api-error.ts";
import { invalidValue } from "../../status/field-errors.ts";
import { type ApiObject, fieldsAt } from "../../store/api-object.ts";
import type { Strategy } from "../strategy.ts";

/** Fields of features that are off by default: the real server drops them. */
function dropDisabled(object: ApiObject): void {
  const spec = fieldsAt(object, "spec");
  delete spec?.["strategy"];
  delete spec?.["preferredHolder"];
}

/** Source: `ValidateLeaseSpec`. */
function validateLease(object: ApiObject): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = fieldsAt(object, "spec") ?? {};
  const errors: FieldError[] = [];
  if (typeof duration === "number" && duration <= 0) {
    errors.push(invalidValue("spec.leaseDurationSeconds", duration, "must be greater than 0"));
  }
  if (typeof transitions === "number" && transitions < 0) {
    errors.push(invalidValue("spec.leaseTransitions", transitions, "must be greater than or equal to 0"));
  }
  return errors;
}

/** Leases: who leads. */
export const leaseStrategy: Strategy = {
  createOnUpdate: true,
  unconditionalUpdate: false,
  prepareCreate: dropDisabled,
  prepareUpdate: dropDisabled,
  validate: validateLease,
};
