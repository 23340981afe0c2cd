import { Client } from "@moorage/kube-client";
import type { KubeObject } from "@moorage/kube-types";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { MemoryApiServer } from "../testing/memory-api/memory-api-server.ts";
import { EventRecorder } from "./event-recorder.ts";

let server: MemoryApiServer;
let client: Client;
let clock: FakeClock;
let recorder: EventRecorder;
beforeEach(async () => {
  server = new MemoryApiServer();
  client = new Client({ cluster: await server.start() });
  clock = new FakeClock("2026-01-01T00:00:00Z");
  const log = pino({ level: "silent" });
  recorder = new EventRecorder({ client, clock, log, reportingController: "moorage.dev/x", reportingInstance: "host" });
});
afterEach(async () => {
  await client.close();
  await server[Symbol.asyncDispose]();
});

const app: KubeObject = { apiVersion: "try.dev/v1", kind: "App", metadata: { name: "a", namespace: "d", uid: "u" } };
const note = { type: "Warning", reason: "Broken", action: "Reconcile", message: "It broke" } as const;
const events = () => server.store.list("events");

describe("EventRecorder", () => {
  it("writes what kubectl describe shows", async () => {
    recorder.record(app, note);
    await recorder.flushed();
    expect(events()).toMatchObject([
      {
        metadata: { namespace: "d" },
        eventTime: "2026-01-01T00:00:00.000000Z",
        reportingController: "moorage.dev/x",
        reportingInstance: "host",
        action: "Reconcile",
        reason: "Broken",
        type: "Warning",
        note: "It broke",
        regarding: { kind: "App", name: "a", namespace: "d", uid: "u" },
      },
    ]);
  });

  it("makes one event with a count of what repeats, and updates it every 10 s at most", async () => {
    for (let n = 0; n < 50; n++) recorder.record(app, note);
    await recorder.flushed();
    clock.advance(10_000);
    await recorder.flushed();
    expect(events()).toMatchObject([{ series: { count: 50 } }]);
    expect(server.requests).toEqual(["POST events", "PATCH events"]);
  });

  it("starts a new event after six quiet minutes, for another message and for another object", async () => {
    recorder.record(app, note);
    clock.advance(361_000);
    recorder.record(app, note);
    recorder.record(app, { ...note, message: "Otherwise" });
    recorder.record({ ...app, metadata: { ...app.metadata, uid: "v" } }, note);
    await recorder.flushed();
    expect(events()).toHaveLength(4);
  });

  it("starts anew when the event has expired on the server", async () => {
    recorder.record(app, note);
    await recorder.flushed();
    server.store.delete("events", `d/${events()[0]?.metadata.name}`);
    recorder.record(app, note);
    clock.advance(10_000);
    await recorder.flushed();
    expect(events()).toHaveLength(1);
  });

  it("cuts a message to the API's 1024 bytes without breaking a character", async () => {
    recorder.record(app, { ...note, message: "ö".repeat(1000) });
    await recorder.flushed();
    const text = String(Reflect.get(events()[0] ?? {}, "note"));
    expect([Buffer.byteLength(text) <= 1024, text.endsWith("ö…")]).toEqual([true, true]);
  });

  it("harms nobody when it cannot write", async () => {
    server.faults.refuse = () => 403;
    recorder.record(app, note);
    await recorder.flushed();
    server.faults.refuse = () => undefined;
    recorder.record(app, { ...note, message: "Another" });
    await recorder.flushed();
    expect(events()).toHaveLength(1);
  });
});
