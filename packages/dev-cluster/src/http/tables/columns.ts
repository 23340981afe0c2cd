import { openApiDocument } from "../../openapi/documents.ts";
import { type ApiObject, isFields, listAt, stringAt, valueAt } from "../../store/api-object.ts";

/** One column of a table. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  /** Above 0: only shown by `-o wide`. */
  readonly priority?: number;
  readonly cell: (object: ApiObject) => unknown;
}

const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** The first column of every kind. */
export const name: Column = {
  name: "Name",
  type: "string",
  format: "name",
  get description() {
    const meta = openApiDocument("apiextensions.k8s.io", "v1").components?.schemas?.[objectMeta];
    return meta?.properties?.["name"]?.description ?? "";
  },
  cell: (object) => object.metadata.name,
};

/** How old an object is, as kubectl writes durations. */
export function age(object: ApiObject): string {
  return since(object.metadata.creationTimestamp);
}

/** The last column of most kinds. */
export const ageColumn: Column = { name: "Age", type: "string", cell: age };

/** The time from an RFC 3339 timestamp until now; `<unknown>` without one. */
export function since(timestamp: string | undefined, now = Date.now()): string {
  const then = Date.parse(timestamp ?? "");
  return Number.isNaN(then) ? "<unknown>" : humanDuration(Math.floor((now - then) / 1000));
}

/** Source: `duration.HumanDuration` of apimachinery: two units at most, the second only while it says something. */
export function humanDuration(seconds: number): string {
  if (seconds < -1) return "<invalid>";
  if (seconds <= 0) return "0s";
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(seconds / 3600);
  const days = Math.floor(hours / 24);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return withRest(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return withRest(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  if (days < 8) return withRest(days, "d", hours % 24, "h");
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? withRest(years, "y", days % 365, "d") : `${years}y`;
}

function withRest(value: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${value}${unit}` : `${value}${unit}${rest}${restUnit}`;
}

/** A column that shows the value at a path. */
export function at(
  title: string,
  path: string,
  options: { type?: string; empty?: unknown; wide?: boolean } = {},
): Column {
  const { type = "string", empty = "<none>", wide = false } = options;
  const steps = path.split(".");
  return {
    name: title,
    type,
    ...(wide ? { priority: 1 } : {}),
    cell: (object) => {
      const value = valueAt(object, ...steps);
      return value === undefined || value === null || value === "" ? empty : value;
    },
  };
}

/** A number at a path, 0 where there is none. */
export function count(title: string, path: string): Column {
  return at(title, path, { type: "integer", empty: 0 });
}

/** A computed column. */
export function computed(title: string, cell: (object: ApiObject) => unknown, wide = false): Column {
  return { name: title, type: "string", ...(wide ? { priority: 1 } : {}), cell };
}

/** Names and images of the containers of a pod template, and its selector: the wide columns of workloads. */
export const templateColumns: readonly Column[] = [
  computed(
    "Containers",
    (object) =>
      containersOf(object)
        .map((container) => container["name"])
        .join(","),
    true,
  ),
  computed(
    "Images",
    (object) =>
      containersOf(object)
        .map((container) => container["image"])
        .join(","),
    true,
  ),
];

function containersOf(object: ApiObject): Record<string, unknown>[] {
  return listAt(object, "spec", "template", "spec", "containers").filter(isFields);
}

/** `matchLabels` and `matchExpressions` in query form. */
export function selectorText(selector: unknown): string {
  const labels = valueAt(selector, "matchLabels");
  const pairs = isFields(labels) ? Object.entries(labels).map(([key, value]) => `${key}=${value}`) : [];
  const expressions = listAt(selector, "matchExpressions").map((expression) => {
    const [key, operator] = [stringAt(expression, "key"), stringAt(expression, "operator")];
    const values = listAt(expression, "values").join(",");
    if (operator === "Exists") return key;
    return operator === "DoesNotExist" ? `!${key}` : `${key} ${operator?.toLowerCase()} (${values})`;
  });
  return [...pairs.sort(), ...expressions].join(",") || "<none>";
}

/** A plain map of labels in query form. */
export function labelsText(labels: unknown): string {
  if (!isFields(labels) || Object.keys(labels).length === 0) return "<none>";
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
}
