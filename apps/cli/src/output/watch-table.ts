import { type Client, describeObject, fetchTable, readTable, resourcePath, type Table } from "@moorage/kube-client";
import type { ResourceType } from "@moorage/kube-types";

/** What to watch: all of a kind in a namespace, or one object. */
export interface Watched {
  namespace?: string | undefined;
  name?: string | undefined;
  labelSelector?: string | undefined;
}

const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";

/** The present table, then a table of the changed rows for each change, until the server or the user ends it. */
export async function* watchTable(client: Client, type: ResourceType, watched: Watched): AsyncGenerator<Table> {
  const { namespace, name, labelSelector } = watched;
  const fieldSelector = name && `metadata.name=${name}`;
  const first = await fetchTable(client, type, { namespace, labelSelector, fieldSelector });
  yield first;
  const attempt = `watch ${describeObject(type, { namespace, name })}`;
  const { body } = await client.stream({
    method: "GET",
    path: resourcePath(type, { namespace }),
    query: { watch: true, labelSelector, fieldSelector, resourceVersion: first.resourceVersion },
    accept,
    attempt,
    signal: new AbortController().signal,
  });
  body.setEncoding("utf8");
  let rest = "";
  for await (const chunk of body) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((text) => text !== "")) {
      // Only the first event of a watch repeats the columns.
      yield { ...readTable(JSON.parse(line).object, attempt), columns: first.columns };
    }
  }
}
