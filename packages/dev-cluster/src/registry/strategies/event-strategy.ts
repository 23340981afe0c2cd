import { equalJson } from "@moorage/kube-types";
import type { FieldError } from "../../status/api-error.ts";
import { invalidValue, required } from "../../status/field-errors.ts";
import { type ApiObject, stringAt } from "../../store/api-object.ts";
import { defaultEvent } from "../defaults/cluster-kinds.ts";
import { qualifiedName } from "../name-rules.ts";
import type { Strategy } from "../strategy.ts";

const newVersion = "events.k8s.io/v1";
const longestNote = 1024;
const types = ["Normal", "Warning"];

/** Source: `ValidateEventCreate` and `legacyValidateEvent`: the newer group is strict, the older one is not. */
function validateEvent(event: ApiObject): FieldError[] {
  if (event.apiVersion === newVersion && event["deprecatedCount"] === undefined) return strictErrors(event);
  return namespaceErrors(event, event.apiVersion === newVersion ? "regarding" : "involvedObject");
}

/** What an event is about must be where the event is; events about the cluster are in the default namespace. */
function namespaceErrors(event: ApiObject, subject: "regarding" | "involvedObject"): FieldError[] {
  const about = stringAt(event, subject, "namespace") ?? "";
  const { namespace = "" } = event.metadata;
  if (about === namespace || (about === "" && namespace === "default")) return [];
  return [invalidValue("involvedObject.namespace", about, "does not match event.namespace")];
}

function strictErrors(event: ApiObject): FieldError[] {
  const text = (field: string) => stringAt(event, field) ?? "";
  const errors = namespaceErrors(event, "regarding");
  if (text("eventTime") === "") errors.push(required("eventTime"));
  errors.push(...controllerErrors(text("reportingController")));
  if (text("reportingInstance") === "") errors.push(required("reportingInstance"));
  if (text("action") === "") errors.push(required("action"));
  if (text("reason") === "") errors.push(required("reason"));
  // Upstream shows nothing as the value of these two.
  if (text("note").length > longestNote) {
    errors.push(invalidValue("message", "", `can have at most ${longestNote} characters`));
  }
  if (!types.includes(text("type"))) errors.push(invalidValue("type", "", `has invalid value: ${text("type")}`));
  return errors;
}

function controllerErrors(name: string): FieldError[] {
  const field = "reportingController";
  if (name !== "") {
    const fault = qualifiedName(name);
    return fault ? [invalidValue(field, name, fault)] : [];
  }
  const pattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
  const fault = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${pattern}')`;
  return [required(field), invalidValue(field, name, "name part must be non-empty"), invalidValue(field, name, fault)];
}

/** An event tells of one moment: only its series may grow. The names are those of upstream's internal type. */
const fixed = [
  ["regarding", "involvedObject"],
  // Upstream looks at this one twice.
  ["reason", "reason"],
  ["reason", "reason"],
  ["note", "message"],
  ["deprecatedSource", "source"],
  ["eventTime", "eventTime"],
  ["action", "action"],
  ["related", "related"],
  ["reportingController", "reportingController"],
  ["reportingInstance", "reportingInstance"],
  ["type", "type"],
] as const;

function validateEventUpdate(next: ApiObject, old: ApiObject): FieldError[] {
  if (next.apiVersion !== newVersion) return [];
  return fixed.flatMap(([field, shown]) =>
    equalJson(next[field], old[field]) ? [] : [invalidValue(shown, next[field], "field is immutable")],
  );
}

/** Events of both groups. */
export const eventStrategy: Strategy = {
  createOnUpdate: true,
  defaults: defaultEvent,
  validate: validateEvent,
  validateUpdate: validateEventUpdate,
};
