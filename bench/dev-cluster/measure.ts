import { Connection, stream, type Target, targetOf } from "./connection.ts";
import { type Measured, memoryMiB } from "./servers.ts";

/** What is measured of a server, by name. Rates are per second, durations in milliseconds, memory in MiB. */
export type Figures = Record<string, number>;

const path = "/api/v1/namespaces/default/configmaps";
const clients = 8;
const watchers = 100;
const watchedChanges = 100;
const listed = 10_000;
const bytesOfObject = 300;

/** An object of about 300 bytes. */
function configMap(name: string, round: number): string {
  const data = { value: `${round}-`.padEnd(160, "x") };
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data });
}

/** Measures one server, which should have nothing else to do. */
export async function measure(server: Measured, seconds: number): Promise<Figures> {
  const target = targetOf(server.kubeconfig);
  const memoryIdleMiB = memoryMiB(server);
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(target)));
  const rate = (call: Call) => perSecond(connections, seconds, call);
  // What runs for the first time is compiled for the first time; nobody's loads are that short.
  await perSecond(connections, 1, (connection, id) => connection.send("POST", path, configMap(`warm-${id}`, 0)));
  const perClient = 100;
  const own = (client: number, count: number) => `own-${client}-${count % perClient}`;
  for (let client = 0; client < clients; client++)
    for (let count = 0; count < perClient; count++)
      await connections[0]?.send("POST", path, configMap(own(client, count), 0));
  const createsPerSecond = await rate((connection, id) => connection.send("POST", path, configMap(`c-${id}`, 0)));
  const updatesPerSecond = await rate((connection, _id, { client, count }) =>
    connection.send("PUT", `${path}/${own(client, count)}`, configMap(own(client, count), count + 1)),
  );
  const readsPerSecond = await rate((connection, _id, { client, count }) =>
    connection.send("GET", `${path}/${own(client, count)}`),
  );
  const cachedReadsPerSecond = await rate((connection, _id, { client, count }) =>
    connection.send("GET", `${path}/${own(client, count)}?resourceVersion=0`),
  );
  const listPath = await fillList(connections);
  const listMs = await medianOf(5, () => timeToRead(target, listPath));
  const listCachedMs = await medianOf(5, () => timeToRead(target, `${listPath}?resourceVersion=0`));
  const memoryMiBFull = memoryMiB(server);
  const eventsPerSecond = await fanOut(target, connections[0]);
  for (const connection of connections) connection.close();
  return {
    createsPerSecond,
    updatesPerSecond,
    readsPerSecond,
    cachedReadsPerSecond,
    list10000Ms: listMs,
    list10000CachedMs: listCachedMs,
    watchEventsPerSecond: eventsPerSecond,
    memoryIdleMiB,
    memoryFullMiB: memoryMiBFull,
    memoryWatchersMiB: memoryMiB(server),
  };
}

type Call = (connection: Connection, id: string, of: { client: number; count: number }) => Promise<string>;

async function perSecond(connections: readonly Connection[], seconds: number, call: Call): Promise<number> {
  const startedMs = performance.now();
  const untilMs = startedMs + seconds * 1000;
  const counts = await Promise.all(
    connections.map(async (connection, client) => {
      let count = 0;
      for (; performance.now() < untilMs; count++) await call(connection, `${client}-${count}`, { client, count });
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - startedMs) / 1000);
}

/** Creates 10,000 objects in a namespace of their own. @returns its list's path. */
async function fillList(connections: readonly Connection[]): Promise<string> {
  const namespace = "many";
  const made = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await connections[0]?.send("POST", "/api/v1/namespaces", made);
  const listPath = `/api/v1/namespaces/${namespace}/configmaps`;
  await Promise.all(
    connections.map(async (connection, client) => {
      for (let count = client; count < listed; count += connections.length)
        await connection.send("POST", listPath, configMap(`m-${count}`, 0).replace('"default"', `"${namespace}"`));
    }),
  );
  return listPath;
}

async function medianOf(times: number, attempt: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let time = 0; time < times; time++) values.push(await attempt());
  return values.sort((a, b) => a - b)[Math.floor(times / 2)] ?? Number.NaN;
}

function timeToRead(target: Target, path: string): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    let length = 0;
    const text = (chunk: string) => {
      length += chunk.length;
    };
    const end = () => {
      if (length > listed * bytesOfObject) resolve(performance.now() - startedMs);
      else reject(new Error(`${path} was answered with ${length} characters only`));
    };
    stream(target, path, { text, end, failed: reject });
  });
}

/** Events per second that reach 100 watchers, from the first change to the last watcher's last event. */
async function fanOut(target: Target, writer: Connection | undefined): Promise<number> {
  const { metadata } = JSON.parse((await writer?.send("GET", `${path}?limit=1`)) ?? "");
  const query = `?watch=1&resourceVersion=${metadata.resourceVersion}`;
  const marker = '"value":"fan-';
  const expected = watchers * watchedChanges;
  let seen = 0;
  const closers: (() => void)[] = [];
  const all = new Promise<void>((resolve, reject) => {
    for (let watcher = 0; watcher < watchers; watcher++) {
      // An event may come in two pieces, so lines are put together first.
      let rest = "";
      const text = (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        seen += lines.filter((line) => line.includes(marker)).length;
        if (seen === expected) resolve();
      };
      const end = () => reject(new Error(`A watch ended after ${seen} of ${expected} events`));
      closers.push(stream(target, path + query, { text, end, failed: reject }));
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const startedMs = performance.now();
  for (let change = 0; change < watchedChanges; change++)
    await writer?.send("PUT", `${path}/own-0-0`, configMap("own-0-0", 0).replace('"0-', `"fan-${change}-`));
  await all;
  const rate = expected / ((performance.now() - startedMs) / 1000);
  for (const close of closers) close();
  return rate;
}
