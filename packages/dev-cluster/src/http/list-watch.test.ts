import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fields, listAt, stringAt, valueAt } from "../store/api-object.ts";
import { TestCluster } from "../testing/test-cluster.ts";

let cluster: TestCluster;
const path = "/api/v1/namespaces/default/configmaps";
const configMap = (name: string, labels = {}) => ({ metadata: { name, labels } });
const namesOf = (body: Fields) => listAt(body, "items").map((item) => stringAt(item, "metadata", "name"));

beforeAll(async () => {
  cluster = await TestCluster.start();
  for (const name of ["a", "b", "c", "d", "e"])
    await cluster.create(path, configMap(name, { odd: String("ace".includes(name)) }));
});
afterAll(() => cluster.stop());

/** The first `count` events of a watch, as `TYPE name`. */
async function take(url: string, count: number): Promise<string[]> {
  const events: string[] = [];
  for await (const { type, object } of cluster.watch(url)) {
    events.push(`${type} ${stringAt(object, "metadata", "name") ?? ""}`.trim());
    if (events.length === count) break;
  }
  return events;
}

const versionNow = async () =>
  stringAt((await cluster.get(`${path}?limit=1`)).body, "metadata", "resourceVersion") ?? "";

describe("list", () => {
  it("pages through the state of the first page, whatever is written in between", async () => {
    const first = (await cluster.get(`${path}?limit=2`)).body;
    expect(namesOf(first)).toEqual(["a", "b"]);
    expect(valueAt(first, "metadata", "remainingItemCount")).toBe(3);
    await cluster.create(path, configMap("bb"));
    await cluster.request("DELETE", `${path}/c`);
    const token = encodeURIComponent(stringAt(first, "metadata", "continue") ?? "");
    const second = (await cluster.get(`${path}?limit=10&continue=${token}`)).body;
    expect(namesOf(second)).toEqual(["c", "d", "e"]);
    expect(valueAt(second, "metadata", "resourceVersion")).toBe(valueAt(first, "metadata", "resourceVersion"));
    await cluster.request("DELETE", `${path}/bb`);
    await cluster.create(path, configMap("c", { odd: "true" }));
  });

  it.each([
    ["labelSelector=odd=true", ["a", "c", "e"]],
    ["labelSelector=odd!=true", ["b", "d"]],
    ["labelSelector=odd in (false)", ["b", "d"]],
    ["labelSelector=!odd", []],
    ["fieldSelector=metadata.name=d", ["d"]],
  ])("selects by %s", async (query, expected) => {
    expect(namesOf((await cluster.get(`${path}?${encodeURI(query)}`)).body)).toEqual(expected);
  });

  it("shows an exact version of the past", async () => {
    const version = await versionNow();
    await cluster.create(path, configMap("later"));
    const query = `resourceVersion=${version}&resourceVersionMatch=Exact`;
    expect(namesOf((await cluster.get(`${path}?${query}`)).body)).not.toContain("later");
    await cluster.request("DELETE", `${path}/later`);
  });

  it("prints tables", async () => {
    const { body } = await cluster.get(path, { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } });
    expect(listAt(body, "columnDefinitions").map((column) => valueAt(column, "name"))).toEqual(["Name", "Data", "Age"]);
    expect(listAt(body, "rows")).toHaveLength(5);
  });
});

describe("watch", () => {
  it("starts with what is there, then tells each change", async () => {
    const events = take(`${path}?watch=1`, 7);
    // The first answer of a list comes after the watch has begun, or before: both see every object once.
    await cluster.create(path, configMap("new"));
    await cluster.request("DELETE", `${path}/new`);
    expect((await events).filter((event) => !event.endsWith("new"))).toEqual(
      ["a", "b", "c", "d", "e"].map((name) => `ADDED ${name}`),
    );
    expect((await events).slice(-1)).toEqual(["DELETED new"]);
  });

  it("continues from a version without missing anything", async () => {
    const version = await versionNow();
    await cluster.create(path, configMap("x"));
    await cluster.patch(`${path}/x`, { data: { k: "v" } }, "application/merge-patch+json");
    await cluster.request("DELETE", `${path}/x`);
    expect(await take(`${path}?watch=1&resourceVersion=${version}`, 3)).toEqual(["ADDED x", "MODIFIED x", "DELETED x"]);
  });

  it("adds and deletes what comes into a selection and leaves it", async () => {
    const version = await versionNow();
    const relabel = (value: string) =>
      cluster.patch(`${path}/b`, { metadata: { labels: { odd: value } } }, "application/merge-patch+json");
    await relabel("true");
    await relabel("false");
    const url = `${path}?watch=1&resourceVersion=${version}&labelSelector=odd%3Dtrue`;
    expect(await take(url, 2)).toEqual(["ADDED b", "DELETED b"]);
  });

  it("marks the end of the initial events with a bookmark", async () => {
    const query = "watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
    const events: Fields[] = [];
    for await (const event of cluster.watch(`${path}?${query}`)) {
      events.push({ ...event });
      if (event.type === "BOOKMARK") break;
    }
    expect(events).toHaveLength(6);
    expect(valueAt(events.at(-1), "object", "metadata", "annotations", "k8s.io/initial-events-end")).toBe("true");
  });

  it("refuses a version that is forgotten", async () => {
    const events = cluster.watch(`${path}?watch=1&resourceVersion=1`);
    const { value } = await events.next();
    expect(value).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
    await events.return(undefined);
  });

  it("ends when its time is over", async () => {
    const version = await versionNow();
    expect(await take(`${path}?watch=1&timeoutSeconds=1&resourceVersion=${version}`, 1)).toEqual([]);
  });
});
