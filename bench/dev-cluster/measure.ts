import { Connection, stream, type Target, targetOf } from "./connection.ts";
import { type Measured, memoryMiB } from "./servers.ts";

/** What is measured of a server, by name. Rates are per second, durations in milliseconds, memory in MiB. */
export type Figures = Record<string, number>;

const path = "/api/v1/namespaces/default/configmaps";
const clients = 8;
const watchers = 100;
const listed = 10_000;
const bytesOfObject = 300;
const applied = "application/apply-patch+yaml";

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
  const [first] = connections;
  if (!first) throw new Error("There is no client to measure with");
  const rate = (call: Call) => perSecond(connections, seconds, call);
  // What runs for the first time is compiled for the first time; nobody's loads are that short.
  await perSecond(connections, 1, (connection, id) => connection.send("POST", path, configMap(`warm-${id}`, 0)));
  const perClient = 100;
  const own = (client: number, count: number) => `own-${client}-${count % perClient}`;
  for (let client = 0; client < clients; client++)
    for (let count = 0; count < perClient; count++) await first.send("POST", path, configMap(own(client, count), 0));
  const createsPerSecond = await rate((connection, id) => connection.send("POST", path, configMap(`c-${id}`, 0)));
  const updatesPerSecond = await rate((connection, _id, { client, count }) =>
    connection.send("PUT", `${path}/${own(client, count)}`, configMap(own(client, count), count + 1)),
  );
  const appliesPerSecond = await rate((connection, _id, { client, count }) => {
    const one = own(client, count);
    return connection.send("PATCH", `${path}/${one}?fieldManager=bench&force=true`, configMap(one, -count), applied);
  });
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
  const eventsPerSecond = await fanOut(target, first, seconds);
  for (const connection of connections) connection.close();
  return {
    createsPerSecond,
    updatesPerSecond,
    appliesPerSecond,
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
async function fanOut(target: Target, writer: Connection, seconds: number): Promise<number> {
  const query = "?watch=1&fieldSelector=metadata.name%3Down-0-0";
  const audience = new Audience();
  const closers = Array.from({ length: watchers }, () => audience.join(target, path + query));
  // Each watcher is told first of what is there.
  await audience.hasSeen(watchers);
  const startedMs = performance.now();
  let changes = 0;
  for (; performance.now() - startedMs < seconds * 1000; changes++)
    await writer.send("PUT", `${path}/own-0-0`, configMap("own-0-0", changes));
  await audience.hasSeen(watchers * (1 + changes));
  const rate = (watchers * changes) / ((performance.now() - startedMs) / 1000);
  for (const close of closers) close();
  return rate;
}

/** Counts the events that all watchers have seen. */
class Audience {
  #seen = 0;
  #failure: Error | undefined;

  join(target: Target, watchPath: string): () => void {
    const text = (chunk: string) => {
      for (let at = chunk.indexOf("\n"); at >= 0; at = chunk.indexOf("\n", at + 1)) this.#seen++;
    };
    const failed = (error: Error) => {
      this.#failure = error;
    };
    const end = () => failed(new Error("A watch has ended"));
    return stream(target, watchPath, { text, end, failed });
  }

  async hasSeen(count: number): Promise<void> {
    const untilMs = performance.now() + 30_000;
    while (this.#seen < count) {
      if (this.#failure) throw this.#failure;
      if (performance.now() > untilMs) throw new Error(`Watchers saw ${this.#seen} of ${count} events in 30 s`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
