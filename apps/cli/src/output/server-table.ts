import type { ApiRequest, Client } from "@moorage/kube-client";

/** The server's own table of objects (`meta.k8s.io/v1 Table`), its cells as text. */
export interface Table {
  columns: { name: string; priority: number }[];
  rows: { cells: string[]; namespace: string }[];
}

interface TableDocument {
  kind: string;
  metadata?: { resourceVersion?: string };
  columnDefinitions?: { name: string; priority?: number }[];
  rows?: { cells: unknown[]; object?: { metadata?: { namespace?: string; resourceVersion?: string } } }[];
}

const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
type TableRequest = Pick<ApiRequest, "path" | "query" | "attempt">;

export async function readTable(client: Client, request: TableRequest): Promise<Table> {
  return tableOf(JSON.parse(await client.raw({ method: "GET", accept, ...request })));
}

/** The present table, then a table of the changed rows for each change, until the process is told to stop. */
export async function* watchTable(client: Client, request: TableRequest): AsyncGenerator<Table> {
  const document: TableDocument = JSON.parse(await client.raw({ method: "GET", accept, ...request }));
  const first = tableOf(document);
  yield first;
  const resourceVersion = document.metadata?.resourceVersion;
  const { body } = await client.stream({
    ...request,
    method: "GET",
    query: { ...request.query, watch: true, resourceVersion },
    accept,
    signal: new AbortController().signal,
  });
  let rest = "";
  body.setEncoding("utf8");
  for await (const chunk of body) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((text) => text !== "")) {
      const { object }: { object: TableDocument } = JSON.parse(line);
      // Only the first event of a watch repeats the columns.
      if (object.kind === "Table") yield { ...tableOf(object), columns: first.columns };
    }
  }
}

function tableOf({ columnDefinitions = [], rows = [] }: TableDocument): Table {
  return {
    columns: columnDefinitions.map(({ name, priority = 0 }) => ({ name, priority })),
    rows: rows.map(({ cells, object }) => ({
      cells: cells.map(cellText),
      namespace: object?.metadata?.namespace ?? "",
    })),
  };
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}
