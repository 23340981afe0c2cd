import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Fields, fieldsAt, valueAt } from "../store/api-object.ts";
import { TestCluster } from "../testing/test-cluster.ts";

type Answer = (request: Fields) => Fields;

let cluster: TestCluster;
let server: Server;
let url: string;
let caBundle: string;
/** What the webhook server answers at each path, and what it was asked. */
const answers = new Map<string, Answer>();
const asked: string[] = [];

beforeAll(async () => {
  cluster = await TestCluster.start();
  // The cluster's own certificate serves 127.0.0.1, so it serves the webhook too.
  const pki = (name: string) => readFileSync(join(cluster.dir, "pki", name));
  caBundle = pki("ca.crt").toString("base64");
  server = createServer({ cert: pki("server.crt"), key: pki("server.key") }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = (request.url ?? "").split("?")[0] ?? "";
    const review = fieldsAt(JSON.parse(Buffer.concat(chunks).toString()), "request") ?? {};
    asked.push(path);
    const answer = answers.get(path);
    if (!answer) return;
    response.end(
      JSON.stringify({
        kind: "AdmissionReview",
        apiVersion: "admission.k8s.io/v1",
        response: { uid: review["uid"], ...answer(review) },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  url = `https://127.0.0.1:${port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await cluster.stop();
});

const group = "/apis/admissionregistration.k8s.io/v1";
const installed: string[] = [];
afterEach(async () => {
  for (const path of installed.splice(0)) await cluster.request("DELETE", path);
  answers.clear();
  asked.length = 0;
});

async function install(kind: "Mutating" | "Validating", name: string, webhook: Fields = {}): Promise<void> {
  const plural = `${kind.toLowerCase()}webhookconfigurations`;
  const { code, text } = await cluster.create(`${group}/${plural}`, {
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.com`,
        clientConfig: { url: `${url}/${name}`, caBundle },
        rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }],
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        ...webhook,
      },
    ],
  });
  if (code !== 201) throw new Error(text);
  installed.push(`${group}/${plural}/${name}`);
}

const path = "/api/v1/namespaces/default/configmaps";
const patchOf = (operations: unknown) => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});
const setData = (key: string) => () => patchOf([{ op: "add", path: `/data/${key}`, value: "set" }]);
const configMap = (name: string) => ({ metadata: { name }, data: { own: "1" } });

describe("admission webhooks", () => {
  it("change objects one after another, then validate", async () => {
    await install("Mutating", "first");
    await install("Mutating", "second");
    await install("Validating", "third");
    answers.set("/first", setData("a")).set("/second", setData("b"));
    let seen: unknown;
    answers.set("/third", (request) => {
      seen = valueAt(request, "object", "data");
      return { allowed: true, warnings: ["careful"] };
    });
    const { body, headers } = await cluster.create(path, configMap("changed"));
    expect(body["data"]).toEqual({ own: "1", a: "set", b: "set" });
    expect(seen).toEqual(body["data"]);
    expect(asked).toEqual(["/first", "/second", "/third"]);
    expect(headers["warning"]).toBe('299 - "careful"');
  });

  it("refuse with their own words and code", async () => {
    await install("Validating", "deny");
    answers.set("/deny", () => ({ allowed: false, status: { code: 418, message: "not today" } }));
    const { code, body } = await cluster.create(path, configMap("denied"));
    expect(code).toBe(418);
    expect(body["message"]).toBe('admission webhook "deny.example.com" denied the request: not today');
  });

  it("are asked again when another has changed the object after them", async () => {
    await install("Mutating", "again", { reinvocationPolicy: "IfNeeded" });
    await install("Mutating", "later");
    answers.set("/again", () => ({ allowed: true })).set("/later", setData("x"));
    await cluster.create(path, configMap("reinvoked"));
    expect(asked).toEqual(["/again", "/later", "/again"]);
  });

  it.each([
    ["Fail", 500],
    ["Ignore", 201],
  ])("that do not answer in time: failurePolicy %s", async (failurePolicy, expected) => {
    await install("Validating", "slow", { failurePolicy, timeoutSeconds: 1 });
    const { code, text } = await cluster.create(path, configMap(`slow-${failurePolicy.toLowerCase()}`));
    expect(code).toBe(expected);
    if (expected === 500) expect(text).toContain("context deadline exceeded");
  });

  it("are asked only about what their rules, selectors and conditions name", async () => {
    await install("Validating", "picky", {
      objectSelector: { matchLabels: { pick: "me" } },
      matchConditions: [{ name: "named", expression: "object.metadata.name.startsWith('yes')" }],
    });
    answers.set("/picky", () => ({ allowed: true }));
    await cluster.create("/api/v1/namespaces/default/secrets", { metadata: { name: "yes", labels: { pick: "me" } } });
    await cluster.create(path, { metadata: { name: "yes-unlabelled" } });
    await cluster.create(path, { metadata: { name: "no", labels: { pick: "me" } } });
    expect(asked).toEqual([]);
    await cluster.create(path, { metadata: { name: "yes", labels: { pick: "me" } } });
    expect(asked).toEqual(["/picky"]);
  });
});
