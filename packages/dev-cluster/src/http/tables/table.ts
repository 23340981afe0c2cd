import type { ResourceInfo } from "../../registry/resource-info.ts";
import type { ApiObject } from "../../store/api-object.ts";
import { builtInColumns } from "./built-in-columns.ts";
import { age, type Column, name } from "./columns.ts";
import { customColumns } from "./custom-columns.ts";

/** Options of a table. */
export interface TableOptions {
  readonly query: URLSearchParams;
  readonly version: string;
  /** Only the first table of a watch names its columns. */
  readonly withColumns?: boolean;
}

/** The columns of a kind that the server knows nothing special about. */
const plainColumns: readonly Column[] = [name, { name: "Created At", type: "date", cell: age }];

/** A `meta.k8s.io/v1` Table: what `kubectl get` prints. */
export function tableOf(
  info: ResourceInfo,
  objects: readonly ApiObject[],
  { query, version, withColumns = true }: TableOptions,
): object {
  const columns = info.custom ? customColumns(info) : (builtInColumns(info.storage) ?? plainColumns);
  const include = query.get("includeObject") || "Metadata";
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: version },
    columnDefinitions: withColumns ? columns.map(definitionOf) : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object) ?? null),
      ...(include === "None" ? {} : { object: include === "Object" ? object : metadataOnly(object) }),
    })),
  };
}

function definitionOf({ name, type, format = "", description = "", priority = 0 }: Column): object {
  return { name, type, format, description, priority };
}

function metadataOnly(object: ApiObject): object {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}
