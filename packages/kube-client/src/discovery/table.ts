import type { ResourceType } from "@moorage/kube-types";
import type { CallOptions, Selection } from "../call-options.ts";
import type { Client } from "../client.ts";
import { isRecord, list, record, text } from "../config/fields.ts";
import { parseAnswer } from "../decode.ts";
import { describeObject, resourcePath } from "../resource-path.ts";

/** A column that the server prints. */
export interface TableColumn {
  name: string;
  /** Columns with a priority above 0 are for wide output. */
  priority: number;
}

export interface TableRow {
  /** One per column: text, number, boolean or null. */
  cells: readonly unknown[];
  name: string;
  namespace: string | undefined;
}

/** Objects as the server prints them: `meta.k8s.io/v1` Table, so that a CRD's printer columns are seen. */
export interface Table {
  columns: readonly TableColumn[];
  rows: readonly TableRow[];
  resourceVersion: string | undefined;
}

const accept = "application/json;as=Table;g=meta.k8s.io;v=v1,application/json";

/** The table of one object (with `name`) or of a selection. */
export async function fetchTable(
  client: Client,
  type: ResourceType,
  query: Selection & CallOptions & { name?: string | undefined } = {},
): Promise<Table> {
  const { name, namespace, labelSelector, fieldSelector, signal, timeoutMs } = query;
  const attempt = `list ${describeObject(type, { namespace, name })}`;
  const path = resourcePath(type, { namespace, name });
  const selection = { labelSelector, fieldSelector, includeObject: "Metadata" };
  const answer = await client.raw({ method: "GET", path, accept, attempt, query: selection, signal, timeoutMs });
  return readTable(parseAnswer(answer, attempt), attempt);
}

/** @throws Error when the server answered with something else. */
export function readTable(document: unknown, attempt: string): Table {
  if (!isRecord(document) || document["kind"] !== "Table") {
    throw new Error(`Cannot ${attempt}: the server did not answer with a table`);
  }
  const columns = list(document, "columnDefinitions")
    .filter(isRecord)
    .map((column) => ({ name: text(column, "name") ?? "", priority: Number(column["priority"] ?? 0) }));
  const rows = list(document, "rows")
    .filter(isRecord)
    .map((row) => {
      const metadata = record(record(row, "object") ?? {}, "metadata") ?? {};
      return { cells: list(row, "cells"), name: text(metadata, "name") ?? "", namespace: text(metadata, "namespace") };
    });
  return { columns, rows, resourceVersion: text(record(document, "metadata") ?? {}, "resourceVersion") };
}
