import { badRequest, type FieldError, invalid } from "../status/api-error.ts";
import { forbiddenField, notSupported } from "../status/field-errors.ts";

const match = "resourceVersionMatch";
const kind = { group: "meta.k8s.io", kind: "ListOptions", name: "" };

/** Refuses options that contradict each other. Source: `ValidateListOptions`. @throws ApiError Invalid */
export function checkListOptions(query: URLSearchParams): void {
  for (const option of ["limit", "timeoutSeconds"]) checkNumber(query.get(option) ?? "");
  const errors = query.get("watch") === "true" || query.get("watch") === "1" ? watchErrors(query) : listErrors(query);
  if (errors.length > 0) throw invalid(kind, errors);
}

function checkNumber(text: string): void {
  if (text === "" || /^[+-]?\d+$/.test(text)) return;
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function listErrors(query: URLSearchParams): FieldError[] {
  const asked = query.get(match) ?? "";
  const version = query.get("resourceVersion") ?? "";
  const errors: FieldError[] = [];
  if (asked !== "") {
    if (version === "") errors.push(forbiddenField(match, `${match} is forbidden unless resourceVersion is provided`));
    if (query.get("continue")) errors.push(forbiddenField(match, `${match} is forbidden when continue is provided`));
    if (asked !== "Exact" && asked !== "NotOlderThan") {
      errors.push(notSupported(match, asked, ["Exact", "NotOlderThan", ""]));
    }
    if (asked === "Exact" && version === "0") {
      errors.push(forbiddenField(match, `${match} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (query.has("sendInitialEvents")) {
    errors.push(forbiddenField("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return errors;
}

function watchErrors(query: URLSearchParams): FieldError[] {
  const asked = query.get(match) ?? "";
  const errors: FieldError[] = [];
  if (query.has("sendInitialEvents") && asked !== "NotOlderThan") {
    errors.push(forbiddenField(match, `sendInitialEvents requires setting ${match} to NotOlderThan`));
  }
  if (asked === "") return errors;
  if (!query.has("sendInitialEvents")) {
    errors.push(forbiddenField(match, `${match} is forbidden for watch unless sendInitialEvents is provided`));
  }
  if (asked !== "NotOlderThan") errors.push(notSupported(match, asked, ["NotOlderThan"]));
  if (query.get("continue")) errors.push(forbiddenField(match, `${match} is forbidden when continue is provided`));
  return errors;
}
