import { compileCel } from "../../schema/cel.ts";
import type { FieldError } from "../../status/api-error.ts";
import { duplicate, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import {
  type ApiObject,
  type Fields,
  fieldsAt,
  isFields,
  isStrings,
  listAt,
  stringAt,
} from "../../store/api-object.ts";
import { dnsSubdomain } from "../name-rules.ts";

const sideEffects = ["None", "NoneOnDryRun"];
const longestTimeoutSeconds = 30;

/** Source: `validateValidatingWebhook` and its mutating twin. */
export function validateWebhooks(object: ApiObject): FieldError[] {
  const seen = new Set<string>();
  return listAt(object, "webhooks")
    .filter(isFields)
    .flatMap((webhook, index) => {
      const path = `webhooks[${index}]`;
      const name = stringAt(webhook, "name") ?? "";
      const isTwice = name !== "" && seen.has(name);
      seen.add(name);
      return [...webhookErrors(webhook, path), ...(isTwice ? [duplicate(`${path}.name`, name)] : [])];
    });
}

function webhookErrors(webhook: Fields, path: string): FieldError[] {
  return [
    ...nameErrors(stringAt(webhook, "name") ?? "", `${path}.name`),
    ...listAt(webhook, "rules").flatMap((rule, index) => ruleErrors(rule, `${path}.rules[${index}]`)),
    ...oneOf(webhook, ["failurePolicy", "Fail", "Ignore"], path),
    ...oneOf(webhook, ["matchPolicy", "Equivalent", "Exact"], path),
    ...sideEffectErrors(webhook["sideEffects"], `${path}.sideEffects`),
    ...timeoutErrors(webhook["timeoutSeconds"], `${path}.timeoutSeconds`),
    ...clientErrors(fieldsAt(webhook, "clientConfig") ?? {}, `${path}.clientConfig`),
    ...listAt(webhook, "matchConditions").flatMap((item, index) =>
      conditionErrors(item, `${path}.matchConditions[${index}]`),
    ),
    ...reviewVersionErrors(webhook["admissionReviewVersions"], `${path}.admissionReviewVersions`),
  ];
}

/** Source: `IsFullyQualifiedName`. */
function nameErrors(name: string, path: string): FieldError[] {
  if (name === "") return [required(path)];
  const fault = dnsSubdomain(name);
  if (fault) return [invalidValue(path, name, fault)];
  if (name.split(".").length >= 3) return [];
  return [invalidValue(path, name, "should be a domain with at least three segments separated by dots")];
}

const ruleLists = ["operations", "apiGroups", "apiVersions", "resources"] as const;

/** What a rule must say. */
export function ruleErrors(rule: unknown, path: string): FieldError[] {
  const missing = ruleLists.filter((field) => listAt(rule, field).length === 0);
  return missing.map((field) => required(`${path}.${field}`));
}

function oneOf(webhook: Fields, [field, ...allowed]: [string, ...string[]], path: string): FieldError[] {
  const value = webhook[field];
  return typeof value === "string" && !allowed.includes(value)
    ? [notSupported(`${path}.${field}`, value, allowed)]
    : [];
}

function sideEffectErrors(value: unknown, path: string): FieldError[] {
  if (value === undefined) return [required(path, `must specify one of ${sideEffects.join(", ")}`)];
  return sideEffects.includes(String(value)) ? [] : [notSupported(path, value, sideEffects)];
}

function timeoutErrors(value: unknown, path: string): FieldError[] {
  if (typeof value !== "number" || (value >= 1 && value <= longestTimeoutSeconds)) return [];
  return [invalidValue(path, value, `the timeout value must be between 1 and ${longestTimeoutSeconds} seconds`)];
}

function clientErrors(client: Fields, path: string): FieldError[] {
  const { url, service } = client;
  if ((url === undefined) === (service === undefined)) {
    return [required(path, "exactly one of url or service is required")];
  }
  if (url === undefined) {
    return ["name", "namespace"]
      .filter((part) => !stringAt(service, part))
      .map((part) => required(`${path}.service.${part}`));
  }
  return urlErrors(String(url), `${path}.url`);
}

/** Source: `ValidateWebhookURL`. */
function urlErrors(text: string, path: string): FieldError[] {
  const form = "; desired format: https://host[/path]";
  const parsed = URL.parse(text);
  if (!parsed) return [required(path, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URI${form}`)];
  const scheme = parsed.protocol.slice(0, -1);
  return [
    ...(scheme === "https" ? [] : [invalidValue(path, scheme, `'https' is the only allowed URL scheme${form}`)]),
    ...(parsed.host === "" ? [invalidValue(path, "", `host must be specified${form}`)] : []),
    ...(parsed.username === ""
      ? []
      : [invalidValue(path, parsed.username, "user information is not permitted in the URL")]),
    ...(parsed.hash === "" ? [] : [invalidValue(path, parsed.hash.slice(1), "fragments are not permitted in the URL")]),
    ...(parsed.search === ""
      ? []
      : [invalidValue(path, parsed.search.slice(1), "query parameters are not permitted in the URL")]),
  ];
}

/** The faults of one match condition. */
export function conditionErrors(condition: unknown, path: string): FieldError[] {
  const expression = stringAt(condition, "expression") ?? "";
  if (expression === "") return [required(`${path}.expression`)];
  const { error } = compileCel(expression);
  const fault =
    error === undefined ? [] : [invalidValue(`${path}.expression`, expression, `compilation failed: ${error}`)];
  return [...fault, ...(stringAt(condition, "name") ? [] : [required(`${path}.name`)])];
}

function reviewVersionErrors(value: unknown, path: string): FieldError[] {
  const versions = isStrings(value) ? value : [];
  if (versions.length === 0) return [required(path, "must specify one of v1, v1beta1")];
  if (versions.includes("v1") || versions.includes("v1beta1")) return [];
  return [invalidValue(path, versions, "must include at least one of v1, v1beta1")];
}
