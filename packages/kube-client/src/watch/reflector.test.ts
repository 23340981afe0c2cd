import { once } from "node:events";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { describe, expect, it, onTestFinished } from "vitest";
import { Client } from "../client.ts";
import {
  bookmark,
  type Exchange,
  failure,
  type ScriptedServer,
  scriptedServer,
  stored,
} from "../testing/scripted-server.ts";
import { Reflector, type ReflectorOptions, type ReflectorTiming } from "./reflector.ts";

const fast: Partial<ReflectorTiming> = { backoff: { baseMs: 5, maxMs: 20, resetAfterMs: 60_000 } };

/** What a sink was told, and a way to wait for the next thing. */
class Told {
  readonly lines: string[] = [];
  readonly #waiting: { holds: () => boolean; resolve: () => void }[] = [];

  restarted = () => this.#add("restarted");
  upserted = (object: ConfigMap) => this.#add(`upserted ${object.metadata.name}@${object.metadata.resourceVersion}`);
  removed = (object: ConfigMap) => this.#add(`removed ${object.metadata.name}`);
  synced = (version: string) => this.#add(`synced ${version}`);
  progressed = () => {};

  async until(line: string, times = 1): Promise<void> {
    const holds = () => this.lines.filter((told) => told === line).length >= times;
    if (!holds()) await new Promise<void>((resolve) => this.#waiting.push({ holds, resolve }));
  }

  #add(line: string): void {
    this.lines.push(line);
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.holds()) waiting.resolve();
      else this.#waiting.push(waiting);
    }
  }
}

interface Running {
  told: Told;
  reflector: Reflector<ConfigMap>;
  stop(): Promise<void>;
}

function reflect(
  server: ScriptedServer,
  timing: Partial<ReflectorTiming> = {},
  scope: Partial<ReflectorOptions<ConfigMap>> = {},
): Running {
  const told = new Told();
  const client = new Client(server);
  const abort = new AbortController();
  const options = { client, type: ConfigMap, sink: told, watchList: true, timing: { ...fast, ...timing }, ...scope };
  const reflector = new Reflector(options);
  const running = reflector.run(abort.signal);
  const stop = async () => {
    abort.abort();
    await running;
    await client.close();
  };
  onTestFinished(stop);
  return { told, reflector, stop };
}

const added = (name: string, version: string) => ({ type: "ADDED", object: stored(name, version) });
const initial = ({ query }: Exchange) => query.get("sendInitialEvents") === "true";

/** Answers an initial watch with one object at version 10, and everything else by `otherwise`. */
const afterSync = (otherwise: (exchange: Exchange, number: number) => void) => (exchange: Exchange, number: number) => {
  if (initial(exchange)) exchange.lines(added("a", "5"), bookmark("10", { end: true }));
  else otherwise(exchange, number);
};

const byPages = { watchList: false };

describe("Reflector, listing by pages", () => {
  it("takes the pages and watches from their version on", async () => {
    const server = await scriptedServer(({ query, json, lines }) => {
      if (query.get("watch")) lines(added("c", "12"));
      else if (query.get("continue")) json(200, { metadata: { resourceVersion: "10" }, items: [stored("b", "6")] });
      else json(200, { metadata: { resourceVersion: "10", continue: "x" }, items: [stored("a", "5")] });
    });
    const running = reflect(server, {}, byPages);
    await running.told.until("upserted c@12");
    expect(running.told.lines).toEqual(["restarted", "upserted a@5", "upserted b@6", "synced 10", "upserted c@12"]);
    const [first, second, third] = server.requests.map(({ query }) => query);
    expect(server.requests).toHaveLength(3);
    expect([first?.get("limit"), first?.get("resourceVersion")]).toEqual(["250", null]);
    expect(second?.get("continue")).toBe("x");
    expect([third?.get("resourceVersion"), third?.get("sendInitialEvents")]).toEqual(["10", null]);
  });

  it("begins anew when the server forgets the version amid the pages, and when it forgets the watch's", async () => {
    let [lists, watches] = [0, 0];
    const server = await scriptedServer(({ query, json, lines }) => {
      if (query.get("continue")) json(410, failure(410, "Expired"));
      else if (query.get("watch"))
        lines(watches++ === 0 ? { type: "ERROR", object: failure(410, "Expired") } : added("z", "31"));
      else if (lists++ === 0) json(200, { metadata: { resourceVersion: "10", continue: "x" }, items: [] });
      else json(200, { metadata: { resourceVersion: `${lists}0` }, items: [stored(`page-${lists}`, "5")] });
    });
    const running = reflect(server, {}, byPages);
    await running.told.until("upserted z@31");
    const pictures = [
      ["restarted"],
      ["restarted", "upserted page-2@5", "synced 20"],
      ["restarted", "upserted page-3@5", "synced 30", "upserted z@31"],
    ];
    expect(running.told.lines).toEqual(pictures.flat());
  });

  it("lets other work have its turn amid a page", async () => {
    const items = Array.from({ length: 500 }, (_, number) => stored(`${number}`, "5"));
    const server = await scriptedServer(({ query, json, lines }) => {
      if (query.get("watch")) lines();
      else json(200, { metadata: { resourceVersion: "10" }, items });
    });
    const running = reflect(server, {}, byPages);
    await running.told.until("upserted 0@5");
    await new Promise(setImmediate);
    expect(running.told.lines.length).toBeLessThan(250);
    await running.told.until("synced 10");
    expect(running.told.lines).toHaveLength(502);
  });
});

describe("Reflector, with initial events on the watch", () => {
  it("takes the initial events and goes on in the same stream", async () => {
    const server = await scriptedServer((exchange) => {
      exchange.lines(added("a", "5"), bookmark("10", { end: true }), added("b", "11"));
    });
    const running = reflect(server);
    await running.told.until("upserted b@11");
    expect(running.told.lines).toEqual(["restarted", "upserted a@5", "synced 10", "upserted b@11"]);
    const { query } = server.requests[0] as Exchange;
    expect([query.get("allowWatchBookmarks"), query.get("resourceVersionMatch")]).toEqual(["true", "NotOlderThan"]);
    expect(Number(query.get("timeoutSeconds"))).toBeGreaterThanOrEqual(290);
    expect(Number(query.get("timeoutSeconds"))).toBeLessThanOrEqual(590);
    expect(server.requests).toHaveLength(1);
  });

  it.each([400, 422])("falls back to pages where the server refuses initial events with %i", async (code) => {
    const server = await scriptedServer((exchange) => {
      const { query, json, lines } = exchange;
      if (initial(exchange)) json(code, failure(code, "Invalid"));
      else if (query.get("watch")) lines(added("c", "12"));
      else if (!query.get("continue"))
        json(200, { metadata: { resourceVersion: "10", continue: "x" }, items: [stored("a", "5")] });
      else json(200, { metadata: { resourceVersion: "10" }, items: [stored("b", "6")] });
    });
    const running = reflect(server);
    await running.told.until("upserted c@12");
    expect(running.told.lines.slice(-5)).toEqual([
      "restarted",
      "upserted a@5",
      "upserted b@6",
      "synced 10",
      "upserted c@12",
    ]);
    expect(server.requests.at(-1)?.query.get("resourceVersion")).toBe("10");
  });

  it("falls back to pages where the server ignores the wish for initial events and stays silent", async () => {
    const server = await scriptedServer((exchange) => {
      if (exchange.query.get("watch")) exchange.lines();
      else exchange.json(200, { metadata: { resourceVersion: "10" }, items: [] });
    });
    const running = reflect(server, { initialSilenceMs: 50 });
    await running.told.until("synced 10");
  });

  it("lists by pages where the server ends the watch amid the initial events: at once, and only then", async () => {
    let watches = 0;
    const server = await scriptedServer((exchange) => {
      const { query, lines, json, response } = exchange;
      if (!query.get("watch")) json(200, { metadata: { resourceVersion: "10" }, items: [stored("b", "6")] });
      else if (!initial(exchange)) lines({ type: "ERROR", object: failure(410, "Expired") });
      else if (watches++ === 0) {
        lines(added("a", "5"));
        response.end();
      } else lines(added("c", "7"), bookmark("20", { end: true }));
    });
    const startedAt = performance.now();
    const running = reflect(server, { backoff: { baseMs: 1_000, maxMs: 1_000, resetAfterMs: 60_000 } });
    await running.told.until("synced 10");
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await running.told.until("synced 20");
    const pictures = [
      ["restarted", "upserted a@5"],
      ["restarted", "upserted b@6", "synced 10"],
      ["restarted", "upserted c@7", "synced 20"],
    ];
    expect(running.told.lines).toEqual(pictures.flat());
  });

  it("resumes at the last version told, bookmarks included, when a connection is reset", async () => {
    const server = await scriptedServer((exchange, number) => {
      if (number > 1) return exchange.lines(added("b", "21"));
      exchange.lines(added("a", "5"), bookmark("10", { end: true }), bookmark("20"));
      setImmediate(() => exchange.request.socket.resetAndDestroy());
    });
    const running = reflect(server);
    await running.told.until("upserted b@21");
    expect(server.requests[1]?.query.get("resourceVersion")).toBe("20");
    expect(running.reflector.state.syncs).toBe(1);
    expect(running.reflector.state.lastError).toBeUndefined();
  });

  it.each([
    ["an HTTP 410", (exchange: Exchange) => exchange.json(410, failure(410, "Expired"))],
    [
      "an ERROR event of 410",
      (exchange: Exchange) => exchange.lines({ type: "ERROR", object: failure(410, "Expired") }),
    ],
    ["an HTTP 400 for the version", (exchange: Exchange) => exchange.json(400, failure(400, "BadRequest"))],
    [
      "a version in the server's future",
      (exchange: Exchange) =>
        exchange.json(504, {
          ...failure(504, "Timeout"),
          details: { causes: [{ reason: "ResourceVersionTooLarge" }] },
        }),
    ],
    ["a line that is no JSON", (exchange: Exchange) => exchange.lines('{"type":"ADDED","obj')],
    ["a line that is no event", (exchange: Exchange) => exchange.lines({ type: "SURPRISE", object: stored("x", "1") })],
    [
      "an object without a version",
      (exchange: Exchange) => exchange.lines({ type: "ADDED", object: { metadata: {} } }),
    ],
  ])("fetches a complete picture after %s", async (_what, misbehave) => {
    let syncs = 0;
    const server = await scriptedServer((exchange) => {
      if (!initial(exchange)) return misbehave(exchange);
      syncs += 1;
      exchange.lines(added("a", "5"), bookmark("10", { end: true }));
      if (syncs === 1) exchange.response.end();
    });
    const running = reflect(server);
    await running.told.until("synced 10", 2);
    expect(running.told.lines.filter((line) => line === "restarted")).toHaveLength(2);
  });

  it.each([500, 503, 429, 401, 403, 404])("keeps its version and comes back after HTTP %i", async (code) => {
    let failures = 0;
    const server = await scriptedServer((exchange) => {
      if (initial(exchange)) {
        exchange.lines(added("a", "5"), bookmark("10", { end: true }));
        exchange.response.end();
      } else if (failures++ < 3) exchange.json(code, failure(code, "Trouble"));
      else exchange.lines(added("b", "11"));
    });
    const running = reflect(server);
    await running.told.until("upserted b@11");
    expect(running.reflector.state.syncs).toBe(1);
  });

  it("comes back after an ERROR event that is not about the version", async () => {
    let errors = 0;
    const server = await scriptedServer(
      afterSync((exchange) => {
        if (errors++ < 2) exchange.lines({ type: "ERROR", object: failure(500, "InternalError") });
        else exchange.lines(added("b", "11"));
      }),
    );
    const running = reflect(server);
    await running.told.until("synced 10");
    for (const socket of server.open()) socket.destroy();
    await running.told.until("upserted b@11");
    expect(running.reflector.state.syncs).toBe(1);
  });

  it("waits as long as Retry-After says", async () => {
    const at: number[] = [];
    const server = await scriptedServer((exchange) => {
      at.push(performance.now());
      if (at.length === 1) exchange.json(429, failure(429, "TooManyRequests"), { "retry-after": "1" });
      else exchange.lines(bookmark("10", { end: true }));
    });
    const running = reflect(server);
    await running.told.until("synced 10");
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it("notices a half-open connection by its silence, once bookmarks flow", async () => {
    const server = await scriptedServer(
      afterSync((exchange) => {
        exchange.lines(added("b", "11"));
      }),
    );
    const running = reflect(server, { silenceMs: 60 });
    await running.told.until("upserted b@11");
    expect(server.requests[1]?.query.get("resourceVersion")).toBe("10");
  });

  it("does not take silence for death where no bookmark has come yet", async () => {
    const server = await scriptedServer((exchange) => {
      if (initial(exchange)) exchange.json(400, failure(400, "BadRequest"));
      else if (exchange.query.get("watch")) exchange.lines();
      else exchange.json(200, { metadata: { resourceVersion: "10" }, items: [] });
    });
    const running = reflect(server, { silenceMs: 20, timeoutSeconds: [1, 1], graceMs: 0 });
    await running.told.until("synced 10");
    const startedAt = performance.now();
    await once(server.open().values().next().value ?? process, "close").catch(() => {});
    expect(performance.now() - startedAt).toBeGreaterThan(500);
  });

  it("delivers what came before a bad line", async () => {
    let syncs = 0;
    const server = await scriptedServer((exchange) => {
      if (syncs++ > 0) return exchange.lines(bookmark("10", { end: true }));
      exchange.response.writeHead(200);
      const lines = [added("a", "5"), bookmark("10", { end: true }), added("b", "11")].map((line) =>
        JSON.stringify(line),
      );
      exchange.response.write(`${lines.join("\n")}\nnonsense\n`);
    });
    const running = reflect(server);
    await running.told.until("upserted b@11");
    await running.told.until("synced 10", 2);
    expect(running.reflector.state.malformed).toBe(1);
  });

  it("survives U+2028 inside a value and a line that arrives byte by byte", async () => {
    const values: (string | undefined)[] = [];
    const server = await scriptedServer((exchange) => {
      exchange.response.writeHead(200);
      const event = { type: "ADDED", object: stored("a", "5", { data: { text: "one\u2028two\u2029ö" } }) };
      const bytes = Buffer.from(`${JSON.stringify(event)}\n${JSON.stringify(bookmark("10", { end: true }))}\n`);
      for (const byte of bytes) exchange.response.write(Buffer.of(byte));
    });
    const running = reflect(server);
    const { upserted } = running.told;
    running.told.upserted = (object) => {
      values.push(object.data?.["text"]);
      upserted(object);
    };
    await running.told.until("synced 10");
    expect(values).toEqual(["one\u2028two\u2029ö"]);
  });

  it("does not hammer a server that ends every watch at once", async () => {
    const server = await scriptedServer(afterSync((exchange) => exchange.response.writeHead(200).end()));
    const running = reflect(server, { backoff: { baseMs: 100, maxMs: 1_000, resetAfterMs: 60_000 } });
    await running.told.until("synced 10");
    for (const socket of server.open()) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(server.requests.length).toBeLessThanOrEqual(4);
  });

  it("stops for good, with its connection closed, whatever it is doing", async () => {
    const server = await scriptedServer(afterSync(() => {}));
    const running = reflect(server);
    await running.told.until("synced 10");
    const [socket] = server.open();
    const closed = socket && once(socket, "close");
    await running.stop();
    await closed;
    const seen = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.requests).toHaveLength(seen);
  });

  it("asks for its scope only, in the watch and in pages, and for metadata alone where that is wanted", async () => {
    const server = await scriptedServer((exchange) => {
      if (initial(exchange)) exchange.json(400, failure(400, "BadRequest"));
      else if (exchange.query.get("watch")) exchange.lines();
      else
        exchange.json(200, {
          kind: "PartialObjectMetadataList",
          metadata: { resourceVersion: "10" },
          items: [stored("a", "5")],
        });
    });
    const scope = { namespace: "team", labelSelector: "app=web", fieldSelector: "metadata.name=a", metadataOnly: true };
    const { told } = reflect(server, {}, scope);
    await told.until("synced 10");
    while (server.requests.length < 3) await new Promise((resolve) => setImmediate(resolve));
    for (const { path, query, request } of server.requests) {
      expect(path).toBe("/api/v1/namespaces/team/configmaps");
      expect([query.get("labelSelector"), query.get("fieldSelector")]).toEqual(["app=web", "metadata.name=a"]);
      expect(request.headers.accept).toContain("as=PartialObjectMetadata");
    }
  });

  it("refuses to run twice", async () => {
    const server = await scriptedServer(afterSync(() => {}));
    const running = reflect(server);
    await running.told.until("synced 10");
    await expect(running.reflector.run(new AbortController().signal)).rejects.toThrow("runs already");
    expect(server.requests).toHaveLength(1);
  });
});
