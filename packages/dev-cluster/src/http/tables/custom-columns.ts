import type { PrinterColumn, ResourceInfo } from "../../registry/resource-info.ts";
import { ageColumn, type Column, name, since } from "./columns.ts";
import { evaluateJsonPath } from "./json-path.ts";

/** The columns that a CRD defines; name and age where it defines none. */
export function customColumns(info: ResourceInfo): readonly Column[] {
  const own = info.custom?.columns ?? [];
  return [name, ...(own.length === 0 ? [ageColumn] : own.map(customColumn))];
}

function customColumn({ name: title, type, format, description, priority, jsonPath }: PrinterColumn): Column {
  return {
    name: title,
    type,
    ...(format === undefined ? {} : { format }),
    ...(description === undefined ? {} : { description }),
    ...(priority === undefined ? {} : { priority }),
    cell: (object) => cellOf(type, evaluateJsonPath(jsonPath, object)),
  };
}

function cellOf(type: string, values: readonly unknown[]): unknown {
  const [value] = values;
  if (value === undefined || value === null) return undefined;
  switch (type) {
    case "date":
      return typeof value === "string" ? since(value) : undefined;
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : undefined;
    case "number":
      return typeof value === "number" ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    default:
      return values.map((item) => (typeof item === "object" ? JSON.stringify(item) : String(item))).join(" ");
  }
}
