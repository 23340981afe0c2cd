import { Client, type ClusterConfig } from "@moorage/kube-client";
import type { KubeObject, ResourceType } from "@moorage/kube-types";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../clock.ts";
import { askWebhook, type Registered } from "../testing/ask-webhook.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { MemoryApiServer } from "../testing/memory-api/memory-api-server.ts";
import type { Webhook } from "./webhook.ts";
import { type WebhookOptions, WebhookServer } from "./webhook-server.ts";

interface App extends KubeObject {
  spec: { image?: string; replicas?: number };
}
const App: ResourceType<App> = { group: "try.dev", version: "v1", kind: "App", plural: "apps", namespaced: true };

const images: Webhook<App> = {
  name: "images.apps.try.dev",
  for: App,
  mutate: (app) => ({ ...app, spec: { replicas: 1, ...app.spec } }),
  validate({ spec }) {
    if (spec.image === "crash") throw new Error("unexpected");
    if (!spec.image?.includes(":")) return { problems: [`spec.image: "${spec.image}" has no tag; give one`] };
    return spec.image.endsWith(":latest") ? { warnings: ["spec.image: latest moves"] } : {};
  },
};

let server: MemoryApiServer;
let cluster: ClusterConfig;
let hooks: WebhookServer[];
let clock: FakeClock;
beforeEach(async () => {
  server = new MemoryApiServer();
  cluster = await server.start();
  hooks = [];
  clock = new FakeClock(new Date().toISOString());
});
afterEach(async () => {
  for (const hook of hooks) await hook.stop();
  await server[Symbol.asyncDispose]();
});

async function serve(options: Partial<WebhookOptions> & { clock?: Clock } = {}): Promise<WebhookServer> {
  const hook = new WebhookServer(
    {
      webhooks: [images],
      target: { url: "https://127.0.0.1:0" },
      address: { host: "127.0.0.1", port: 0 },
      namespace: "ops",
      name: "hooks",
      ...options,
    },
    {
      client: new Client({ cluster }),
      clock: options.clock ?? clock,
      log: pino({ level: "silent" }),
      onAnswer: () => {},
      onConversionPanic: () => {},
    },
  );
  hooks.push(hook);
  await hook.start();
  return hook;
}

/** What the API server would call, from what was registered. */
function registered(kind: "mutating" | "validating"): Registered {
  const config: unknown = server.store.find(`${kind}webhookconfigurations`, "hooks");
  const [entry] = Reflect.get(config ?? {}, "webhooks") as { clientConfig: { url: string; caBundle: string } }[];
  return {
    url: entry?.clientConfig.url ?? "",
    ca: Buffer.from(entry?.clientConfig.caBundle ?? "", "base64").toString(),
  };
}

interface Answer {
  status: number;
  response: { allowed?: boolean; status?: { message: string }; warnings?: string[]; patch?: string };
}

async function ask(webhook: Registered, question: unknown): Promise<Answer> {
  const { status, body } = await askWebhook(webhook, question);
  return { status, response: Reflect.get(Object(body), "response") ?? {} };
}

function review(spec: App["spec"]): unknown {
  const object = { apiVersion: "try.dev/v1", kind: "App", metadata: { name: "a", namespace: "d" }, spec };
  return { kind: "AdmissionReview", request: { uid: "1", operation: "CREATE", object, userInfo: { username: "ann" } } };
}

const good = review({ image: "nginx:1.25" });

describe("WebhookServer", () => {
  it("registers itself with a bundle that its certificate is of, and answers", async () => {
    const hook = await serve();
    expect(hook.problem()).toBeUndefined();
    const allowed = await ask(registered("validating"), review({ image: "nginx:1.25" }));
    expect(allowed.response).toEqual({ uid: "1", allowed: true });
    const refused = await ask(registered("validating"), review({ image: "nginx" }));
    expect(refused.response.status?.message).toBe('App "a" is invalid: spec.image: "nginx" has no tag; give one');
    const warned = await ask(registered("validating"), review({ image: "nginx:latest" }));
    expect([warned.response.allowed, warned.response.warnings]).toEqual([true, ["spec.image: latest moves"]]);
    const mutated = await ask(registered("mutating"), review({ image: "nginx" }));
    expect(JSON.parse(Buffer.from(mutated.response.patch ?? "", "base64").toString())).toEqual([
      { op: "add", path: "/spec/replicas", value: 1 },
    ]);
    const complete = await ask(registered("mutating"), review({ replicas: 3 }));
    expect(complete.response).toEqual({ uid: "1", allowed: true });
  });

  it("refuses with a message when a webhook throws, and goes on", async () => {
    await serve();
    const { response } = await ask(registered("validating"), review({ image: "crash" }));
    expect([response.allowed, response.status?.message]).toEqual([false, expect.stringContaining("unexpected")]);
    expect((await ask(registered("validating"), review({ image: "a:1" }))).response.allowed).toBe(true);
  });

  it.each([
    ["no JSON", "{"],
    ["no review", "{}"],
    ["no object", { kind: "AdmissionReview", request: { uid: "1", operation: "CREATE" } }],
    ["no operation that there is", { kind: "AdmissionReview", request: { uid: "1", operation: "X" } }],
  ])("answers 400 to a body that is %s", async (_what, body) => {
    await serve();
    expect((await ask(registered("validating"), body)).status).toBe(400);
  });

  it("writes nothing at a check when all is fresh", async () => {
    await serve();
    const writes = () => server.requests.filter((line) => !line.startsWith("GET")).length;
    const before = writes();
    for (let check = 0; check < 3; check++) await checked();
    expect(writes()).toBe(before);
  });

  it("repairs a registration that somebody broke", async () => {
    await serve();
    const { ca } = registered("validating");
    const author = { manager: "x", operation: "Update", subresource: "" } as const;
    const broken = JSON.parse(JSON.stringify(server.store.find("validatingwebhookconfigurations", "hooks")));
    broken.webhooks[0].clientConfig.caBundle = "";
    server.store.write("validatingwebhookconfigurations", "hooks", () => broken, author);
    await checked();
    expect(registered("validating").ca).toBe(ca);
  });

  it("shares one Secret among replicas", async () => {
    await Promise.all([serve(), serve(), serve()]);
    expect(server.store.writes.filter((line) => line.endsWith("secrets"))).toEqual(["ADDED secrets"]);
  });

  it("rotates certificate and authority without one admission failing, also for who has the bundle of before", async () => {
    // TLS looks at the machine's clock, so this runs in real time: a year in nine seconds.
    const certificates = { authorityMs: 9_000, servingMs: 4_500, overlapMs: 500 };
    await serve({ certificates, checkEveryMs: 50, clock: systemClock });
    const bundles = new Set<string>();
    const served = new Set<unknown>();
    let before = registered("validating");
    for (const end = performance.now() + 8_500; performance.now() < end; ) {
      const now = registered("validating");
      const answers = await Promise.all([ask(before, good), ask(now, good)]);
      expect(answers.map(({ response }) => response.allowed)).toEqual([true, true]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      before = now;
      bundles.add(now.ca);
      served.add(Reflect.get(server.store.find("secrets", "ops/hooks") ?? {}, "data")?.["tls.crt"]);
    }
    expect(bundles.size).toBeGreaterThanOrEqual(3);
    expect(served.size).toBeGreaterThanOrEqual(3);
  });
});

/** Lets one check come and end. */
async function checked(): Promise<void> {
  clock.advance(60_000);
  do await new Promise((resolve) => setTimeout(resolve, 5));
  while (clock.pending === 0);
}
