import { matchesSelector } from "@moorage/kube-types";
import type { ApiCore } from "../registry/api-core.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { labelSelectorOf } from "../registry/strategies/typed-parts.ts";
import { compileCel } from "../schema/cel.ts";
import { celValue } from "../schema/cel-value.ts";
import { ApiError, forbidden } from "../status/api-error.ts";
import { type ApiObject, type Fields, fieldsAt, isFields, listAt, stringAt } from "../store/api-object.ts";
import type { AdmissionCall } from "./admission-call.ts";
import { admissionVariables, conditionsHold } from "./match-conditions.ts";
import { callFor, namespaceMatches, objectMatches, ruleMatches } from "./match-webhooks.ts";

const group = "admissionregistration.k8s.io";
const policyStorage = `validatingadmissionpolicies.${group}`;
const bindingStorage = `validatingadmissionpolicybindings.${group}`;

/** Why a policy is against a call. */
interface Verdict {
  readonly message: string;
  readonly reason: string;
}

/** Whether there is any policy: without one, a write costs nothing. */
export function hasPolicies({ store }: ApiCore): boolean {
  return store.collection(bindingStorage).entries.size > 0;
}

/**
 * Holds a call against every bound ValidatingAdmissionPolicy: refuses it, or adds warnings, as the bindings say.
 * Source: `dispatcher.Dispatch` of k8s.io/apiserver. @throws ApiError
 */
export function checkPolicies(core: ApiCore, call: AdmissionCall): void {
  // Policies never decide about policies: nobody could repair a broken one.
  if (call.info.group === group) return;
  const refusals: ApiError[] = [];
  for (const { object: binding } of core.store.list(bindingStorage)) {
    const policy = core.store.get(policyStorage, stringAt(binding, "spec", "policyName") ?? "")?.object;
    const shown = policy && concerns(core, policy, call);
    if (!shown || !concerns(core, binding, call)) continue;
    const verdicts = verdictsOf(core, { policy, binding, call: shown });
    const actions = listAt(binding, "spec", "validationActions");
    const names = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
    if (actions.includes("Warn")) {
      call.warnings.push(...verdicts.map(({ message }) => `Validation failed for ${names}: ${message}`));
    }
    if (actions.includes("Deny")) refusals.push(...verdicts.map((verdict) => refusalOf(call, names, verdict)));
  }
  if (refusals[0]) throw refusals[0];
}

/**
 * The call as the rules and selectors of a policy or a binding want it, undefined where they are about something else;
 * the rules of a binding are optional.
 */
function concerns({ store, catalog }: ApiCore, object: ApiObject, call: AdmissionCall): AdmissionCall | undefined {
  const isPolicy = object.kind === "ValidatingAdmissionPolicy";
  const match = fieldsAt(object, "spec", isPolicy ? "matchConstraints" : "matchResources") ?? {};
  const hits = (field: string, candidate: AdmissionCall) =>
    listAt(match, field).some((rule) => isFields(rule) && ruleMatches(rule, candidate) && nameMatches(rule, candidate));
  const isExact = match["matchPolicy"] === "Exact";
  const takesAll = !isPolicy && listAt(match, "resourceRules").length === 0;
  const asked = takesAll
    ? call
    : callFor(catalog, call, { matches: (candidate) => hits("resourceRules", candidate), isExact });
  const isExcluded = callFor(catalog, call, { matches: (each) => hits("excludeResourceRules", each), isExact });
  if (!asked || isExcluded) return undefined;
  return namespaceMatches(store, match, asked) && objectMatches(match, asked) ? asked : undefined;
}

function nameMatches(rule: Fields, { object, old }: AdmissionCall): boolean {
  const names = listAt(rule, "resourceNames");
  return names.length === 0 || names.includes((object ?? old)?.metadata.name);
}

interface Question {
  readonly policy: ApiObject;
  readonly binding: ApiObject;
  readonly call: AdmissionCall;
}

function verdictsOf(core: ApiCore, question: Question): Verdict[] {
  const { policy, call } = question;
  const spec = fieldsAt(policy, "spec") ?? {};
  if (!conditionsHold(spec, call)) return [];
  const params = paramsOf(core, question);
  if (params === "missing") {
    if (stringAt(question.binding, "spec", "paramRef", "parameterNotFoundAction") === "Allow") return [];
    const why = "no params found for policy binding with `Deny` parameterNotFoundAction";
    return spec["failurePolicy"] === "Ignore" ? [] : [{ message: `failed to configure binding: ${why}`, reason: "" }];
  }
  return params.flatMap((param) => {
    const variables = policyVariables(core, spec, { call, param });
    return listAt(spec, "validations")
      .filter(isFields)
      .flatMap((validation) => verdictOf(validation, variables, spec["failurePolicy"] === "Ignore"));
  });
}

/** The parameters to evaluate with, one after another; a policy without parameters is evaluated once with none. */
function paramsOf(core: ApiCore, { policy, binding, call }: Question): (ApiObject | null)[] | "missing" {
  const reference = fieldsAt(binding, "spec", "paramRef");
  const kind = fieldsAt(policy, "spec", "paramKind");
  if (!reference || !kind) return [null];
  const info = core.catalog.findKind(stringAt(kind, "apiVersion") ?? "", stringAt(kind, "kind") ?? "");
  if (!info) return "missing";
  const found = chosenParams(core, info, { reference, namespace: (call.object ?? call.old)?.metadata.namespace ?? "" });
  return found.length > 0 ? found : "missing";
}

function chosenParams(
  { registry, store }: ApiCore,
  info: ResourceInfo,
  { reference, namespace }: { reference: Fields; namespace: string },
): ApiObject[] {
  // Parameters with a namespace come from the one that is named, or from that of the object in question.
  const prefix = info.namespaced ? `${stringAt(reference, "namespace") || namespace}/` : "";
  const name = stringAt(reference, "name");
  if (name) {
    const entry = store.get(info.storage, `${prefix}${name}`);
    return entry ? [registry.read(info, entry)] : [];
  }
  const selector = labelSelectorOf(reference["selector"]) ?? {};
  const entries = store.list(info.storage, prefix);
  return entries
    .map((entry) => registry.read(info, entry))
    .filter(({ metadata }) => matchesSelector(selector, metadata.labels));
}

/** What expressions see. Variables are evaluated when one asks for them, and may ask for earlier ones. */
function policyVariables(
  { store }: ApiCore,
  spec: Fields,
  { call, param }: { call: AdmissionCall; param: ApiObject | null },
): Fields {
  const namespace = (call.object ?? call.old)?.metadata.namespace;
  const namespaceObject = namespace ? store.get("namespaces", namespace)?.object : undefined;
  const composed: Fields = {};
  const all: Fields = {
    ...admissionVariables(call),
    namespaceObject: celValue(namespaceObject ?? null, undefined),
    params: celValue(param, undefined),
    variables: composed,
  };
  for (const variable of listAt(spec, "variables")) {
    const expression = stringAt(variable, "expression") ?? "";
    const get = () => computed(expression, all);
    Object.defineProperty(composed, stringAt(variable, "name") ?? "", { enumerable: true, configurable: true, get });
  }
  return all;
}

function computed(expression: string, variables: Fields): unknown {
  const outcome = compileCel(expression).evaluate(variables);
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.error);
}

function verdictOf(validation: Fields, variables: Fields, isLenient: boolean): Verdict[] {
  const expression = stringAt(validation, "expression") ?? "";
  const outcome = compileCel(expression).evaluate(variables);
  if (outcome.ok && outcome.value === true) return [];
  if (outcome.ok) return [{ message: messageOf(validation, variables), reason: stringAt(validation, "reason") ?? "" }];
  // A failure is no answer: the policy says what becomes of the call then.
  return isLenient ? [] : [{ message: `expression '${expression}' resulted in error: ${outcome.error}`, reason: "" }];
}

function messageOf(validation: Fields, variables: Fields): string {
  const made = stringAt(validation, "messageExpression");
  if (made) {
    const outcome = compileCel(made).evaluate(variables);
    const text = outcome.ok && typeof outcome.value === "string" ? outcome.value.trim() : "";
    if (text !== "" && !text.includes("\n")) return text;
  }
  const message = stringAt(validation, "message")?.trim();
  return message || `failed expression: ${(stringAt(validation, "expression") ?? "").trim()}`;
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };
const invalidCode = 422;

function refusalOf({ info, object, old, isCollection }: AdmissionCall, names: string, verdict: Verdict): ApiError {
  const message = `${names} denied request: ${verdict.message}`;
  const name = isCollection ? "Unknown" : ((object ?? old)?.metadata.name ?? "");
  const { status } = forbidden(info, name, message);
  const reason = verdict.reason || "Invalid";
  const details = { ...status.details, causes: [{ message }] };
  return new ApiError(codes[reason] ?? invalidCode, reason, status.message ?? "", details);
}
