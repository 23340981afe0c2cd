import { once } from "node:events";
import { Agent, get } from "node:https";
import { Client, type ClusterConfig } from "@moorage/kube-client";
import { CustomResourceDefinition } from "@moorage/kube-types/apiextensions-v1";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askWebhook, type Registered } from "../testing/ask-webhook.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { MemoryApiServer } from "../testing/memory-api/memory-api-server.ts";
import { sizeDefinition, sizes, sizeV1 } from "../testing/sizes.ts";
import type { ConversionResponse } from "./conversion-review.ts";
import type { WebhookTarget } from "./webhook-configurations.ts";
import { WebhookServer } from "./webhook-server.ts";

let server: MemoryApiServer;
let cluster: ClusterConfig;
let client: Client;
let clock: FakeClock;
let hook: WebhookServer;
let answered: string[];
let panics: number;
const logged: string[] = [];
const log = pino({ level: "warn" }, { write: (line) => void logged.push(String(JSON.parse(line).msg)) });

beforeEach(async () => {
  server = new MemoryApiServer();
  cluster = await server.start();
  client = new Client({ cluster });
  clock = new FakeClock(new Date().toISOString());
  [answered, panics, logged.length] = [[], 0, 0];
  hook = newServer({ url: "https://127.0.0.1:0" });
});
afterEach(async () => {
  await hook.stop();
  await client.close();
  await server[Symbol.asyncDispose]();
});

function newServer(target: WebhookTarget): WebhookServer {
  const options = { webhooks: [], conversions: [sizes], target, address: { host: "127.0.0.1", port: 0 } };
  return new WebhookServer(
    { ...options, namespace: "ops", name: "hooks" },
    {
      client: new Client({ cluster }),
      clock,
      log,
      onAnswer: (webhook, { code }) => answered.push(`${webhook} ${code}`),
      onConversionPanic: () => panics++,
    },
  );
}

async function serve(): Promise<void> {
  await client.apply(CustomResourceDefinition, sizeDefinition);
  await hook.start();
}

const definition = () => client.get(CustomResourceDefinition, { name: "sizes.try.dev" });

/** What the API server would call. */
async function registered(): Promise<Registered> {
  const { clientConfig } = (await definition()).spec.conversion?.webhook ?? {};
  return { url: clientConfig?.url ?? "", ca: Buffer.from(clientConfig?.caBundle ?? "", "base64").toString() };
}

async function convert(objects: unknown[], desiredAPIVersion = "try.dev/v2"): Promise<ConversionResponse> {
  const review = { kind: "ConversionReview", request: { uid: "7", desiredAPIVersion, objects } };
  const { status, body } = await askWebhook(await registered(), review);
  expect([status, body]).toMatchObject([200, { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview" }]);
  return Reflect.get(Object(body), "response");
}

/** Lets one check come and end. */
async function checked(afterMs: number): Promise<void> {
  clock.advance(afterMs);
  do await new Promise((resolve) => setTimeout(resolve, 5));
  while (clock.pending === 0);
}

describe("WebhookServer with a conversion", () => {
  it("registers at a path of the kind, and leaves the rest of the definition alone", async () => {
    await serve();
    const { spec } = await definition();
    const { url } = await registered();
    expect(spec).toEqual({
      ...sizeDefinition.spec,
      conversion: {
        strategy: "Webhook",
        webhook: { clientConfig: { url, caBundle: expect.any(String) }, conversionReviewVersions: ["v1"] },
      },
    });
    expect([new URL(url).pathname, hook.problem()]).toEqual(["/convert/sizes.try.dev", undefined]);
  });

  it("registers a Service with its path and port, as the server would fill them in", async () => {
    hook = newServer({ service: { namespace: "ops", name: "web" } });
    await serve();
    const { clientConfig } = (await definition()).spec.conversion?.webhook ?? {};
    const service = { namespace: "ops", name: "web", port: 443, path: "/convert/sizes.try.dev" };
    expect(clientConfig).toEqual({ service, caBundle: expect.any(String) });
  });

  it("answers with every object, in order, the uid, and nothing else", async () => {
    await serve();
    const hub = { ...sizeV1("b", ""), apiVersion: "try.dev/v2", spec: { width: 5, height: 6 } };
    const { uid, result, convertedObjects } = await convert([sizeV1("c", "1x2"), hub, sizeV1("a", "3x4")]);
    expect([uid, result]).toEqual(["7", { status: "Success" }]);
    expect(convertedObjects.map(({ metadata }) => metadata.name)).toEqual(["c", "b", "a"]);
    expect(convertedObjects[2]).toEqual({
      ...sizeV1("a", ""),
      apiVersion: "try.dev/v2",
      spec: { width: 3, height: 4 },
    });
    expect(answered).toEqual(["/convert/sizes.try.dev 200"]);
  });

  it("fails the whole request for one object, with the reason, and goes on", async () => {
    await serve();
    const failed = await convert([sizeV1("a", "1x2"), sizeV1("b", "wide")]);
    const message = expect.stringContaining('Cannot convert Size "default/b" from v1 to v2: spec.size: "wide"');
    expect(failed).toEqual({ uid: "7", convertedObjects: [], result: { status: "Failure", message } });
    expect([logged, panics]).toEqual([["Cannot convert"], 0]);
    expect((await convert([sizeV1("a", "1x2")])).result.status).toBe("Success");
  });

  it("counts a converter that breaks as a panic", async () => {
    await serve();
    const { spec: _, ...bare } = sizeV1("a", "");
    expect((await convert([bare])).result.status).toBe("Failure");
    expect(panics).toBe(1);
  });

  it.each([
    ["no JSON", "{", /JSON/],
    ["no review", {}, /no ConversionReview/],
    ["no uid", { kind: "ConversionReview", request: { objects: [] } }, /request\.uid is missing/],
    ["no version", { kind: "ConversionReview", request: { uid: "1", objects: [] } }, /desiredAPIVersion is missing/],
    ["no objects", { kind: "ConversionReview", request: { uid: "1", desiredAPIVersion: "v" } }, /objects is missing/],
    [
      "no object among them",
      { kind: "ConversionReview", request: { uid: "1", desiredAPIVersion: "v", objects: [sizeV1("a", ""), {}] } },
      /request\.objects\[1\] is no object/,
    ],
    ["too large a body", " ".repeat(8 * 1024 * 1024 + 1), /larger than 8388608 bytes/],
  ])("answers 400 to a body with %s", async (_what, question, message) => {
    await serve();
    const { status, body } = await askWebhook(await registered(), question);
    expect([status, body]).toEqual([400, { message: expect.stringMatching(message) }]);
  });

  it("answers 404 to any other path, however odd", async () => {
    await serve();
    const { url, ca } = await registered();
    for (const path of ["//", "/convert/other.try.dev", "/%"])
      expect((await askWebhook({ url: new URL(url).origin + path, ca }, {})).status).toBe(404);
  });

  it("leaves it to the API server, which keeps one for 90 seconds, to close an idle connection", async () => {
    await serve();
    const agent = new Agent({ keepAlive: true });
    const [{ headers }] = await once(get((await registered()).url, { agent, ca: (await registered()).ca }), "response");
    agent.destroy();
    expect(headers["keep-alive"]).toBe("timeout=120");
  });

  it("says which definition is missing, once, and registers within five seconds of its coming", async () => {
    await hook.start();
    const problem = 'CustomResourceDefinition "sizes.try.dev" is missing; install it';
    await checked(5_000);
    expect([hook.problem(), logged]).toEqual([problem, [`Cannot register conversions: ${problem}`]]);
    await client.apply(CustomResourceDefinition, sizeDefinition);
    await checked(5_000);
    expect(hook.problem()).toBeUndefined();
    expect((await convert([sizeV1("a", "1x2")])).result.status).toBe("Success");
  });

  it("writes nothing at a check when all is fresh, and repairs what somebody broke", async () => {
    await serve();
    const writes = () => server.requests.filter((line) => !line.startsWith("GET")).length;
    const before = writes();
    for (let check = 0; check < 3; check++) await checked(60_000);
    expect(writes()).toBe(before);
    const { ca } = await registered();
    const none = { spec: { conversion: { strategy: "None", webhook: null } } };
    await client.patch(CustomResourceDefinition, { name: "sizes.try.dev" }, none, { patchType: "merge" });
    await checked(60_000);
    expect((await registered()).ca).toBe(ca);
  });

  it("keeps the registration when the definition is applied again, by the same client's field manager", async () => {
    await serve();
    const before = await registered();
    await client.apply(CustomResourceDefinition, sizeDefinition);
    expect(await registered()).toEqual(before);
  });
});
