import { once } from "node:events";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { describe, expect, it } from "vitest";
import { Client } from "./client.ts";
import { isConflict, isConnectionFailed, isNotFound, KubeApiError } from "./kube-api-error.ts";
import { failure, scriptedServer, stored } from "./testing/scripted-server.ts";

const key = { namespace: "default", name: "web" };

async function failureOf(work: Promise<unknown>): Promise<KubeApiError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KubeApiError) return error;
  throw new Error(`Expected a KubeApiError, got ${String(error)}`);
}

describe("Client", () => {
  it("sends 200 calls over no more connections than it may have, and one at a time over one or two", async () => {
    const server = await scriptedServer(({ json }) => json(200, stored("web", "1")));
    const client = new Client(server);
    for (let call = 0; call < 50; call++) await client.get(ConfigMap, key);
    // One more may open while the first is still busy with the end of an answer.
    expect(server.connections()).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 200 }, () => client.get(ConfigMap, key)));
    expect(server.connections()).toBeLessThanOrEqual(16);
    const closed = [...server.open()].map((socket) => once(socket, "close"));
    await client.close();
    await Promise.all(closed);
  });

  it("keeps calls going while many streams are open", async () => {
    const server = await scriptedServer(({ query, json, lines }) => {
      if (query.get("watch")) lines();
      else json(200, stored("web", "1"));
    });
    const client = new Client(server);
    const stop = new AbortController();
    const open = Array.from({ length: 40 }, () =>
      client.stream({ method: "GET", path: "/api/v1/configmaps", query: { watch: true }, signal: stop.signal }),
    );
    const streams = await Promise.all(open);
    expect((await client.get(ConfigMap, key)).metadata.name).toBe("web");
    stop.abort();
    for (const { body } of streams) body.on("error", () => {}).destroy();
    await client.close();
  });

  it("keeps unknown fields and plain strings, and fills in what list items lack", async () => {
    const item = {
      metadata: { name: "a", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z", future: 1 },
      spec: { x: 1 },
    };
    const server = await scriptedServer(({ json }) => json(200, { metadata: { resourceVersion: "9" }, items: [item] }));
    const client = new Client(server);
    const list = await client.list(ConfigMap, { namespace: "default" });
    expect(list.items).toEqual([{ ...item, apiVersion: "v1", kind: "ConfigMap" }]);
    await client.close();
  });

  it("follows every page and sends no resourceVersion beside a continue token", async () => {
    const server = await scriptedServer(({ query, json }) => {
      const next = Number(query.get("continue") ?? 0) + 1;
      json(200, {
        metadata: { resourceVersion: "5", ...(next < 12 && { continue: String(next) }) },
        items: [stored(`n${next}`, "1")],
      });
    });
    const client = new Client(server);
    const names: string[] = [];
    for await (const page of client.pages(ConfigMap, { resourceVersion: "0" }))
      names.push(...page.items.map((o) => o.metadata.name));
    expect(names).toHaveLength(12);
    expect(server.requests.every(({ query }) => query.get("limit") === "500")).toBe(true);
    expect(server.requests.slice(1).some(({ query }) => query.has("resourceVersion"))).toBe(false);
    await client.close();
  });

  it("says what was tried and what the server answered", async () => {
    const server = await scriptedServer(({ json }) =>
      json(404, failure(404, "NotFound", 'configmaps "web" not found')),
    );
    const client = new Client(server);
    const error = await failureOf(client.get(ConfigMap, key));
    expect(error.message).toBe('Cannot get ConfigMap "default/web": configmaps "web" not found');
    expect(isNotFound(error)).toBe(true);
    expect(await client.find(ConfigMap, key)).toBeUndefined();
    await client.close();
  });

  it("understands an answer that is a load balancer's page", async () => {
    const server = await scriptedServer(({ response }) => response.writeHead(409).end("<html>conflict</html>"));
    const client = new Client(server);
    const error = await failureOf(client.get(ConfigMap, key));
    expect(isConflict(error)).toBe(true);
    expect(error.message).toContain("<html>conflict</html>");
    await client.close();
  });

  it("tries a write again after 429 with Retry-After, and not before", async () => {
    const at: number[] = [];
    const server = await scriptedServer(({ json }, number) => {
      at.push(performance.now());
      if (number === 1) json(429, failure(429, "TooManyRequests"), { "retry-after": "1" });
      else json(201, stored("web", "2"));
    });
    const client = new Client(server);
    await client.create(ConfigMap, { ...stored("web", ""), metadata: { name: "web", namespace: "default" } });
    expect(at).toHaveLength(2);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(990);
    await client.close();
  });

  it("tries a read again after 503 and a broken connection, but never a create", async () => {
    const server = await scriptedServer(({ method, request, response, json }, number) => {
      if (method === "POST" || number === 2) request.socket.destroy();
      else if (number === 1) response.writeHead(503).end();
      else json(200, stored("web", "1"));
    });
    const client = new Client(server);
    expect((await client.get(ConfigMap, key)).metadata.name).toBe("web");
    expect(server.requests).toHaveLength(3);
    const error = await failureOf(client.create(ConfigMap, stored("web", "")));
    expect(isConnectionFailed(error)).toBe(true);
    expect(server.requests).toHaveLength(4);
    await client.close();
  });

  it("gives up on a server that never answers, in the time given", async () => {
    const server = await scriptedServer(() => {});
    const client = new Client(server);
    const error = await failureOf(client.get(ConfigMap, key, { timeoutMs: 100 }));
    expect(isConnectionFailed(error)).toBe(true);
    await client.close();
  });

  it("rejects with the caller's reason when the caller aborts", async () => {
    const server = await scriptedServer(() => stop.abort(new Error("enough")));
    const stop = new AbortController();
    const client = new Client(server);
    await expect(client.get(ConfigMap, key, { signal: stop.signal })).rejects.toThrow("enough");
    await client.close();
  });

  it("refuses an answer that is no JSON, and one that is no object", async () => {
    const server = await scriptedServer(({ response, json }, number) => {
      if (number === 1) response.end("{");
      else json(200, []);
    });
    const client = new Client(server);
    expect((await failureOf(client.get(ConfigMap, key))).reason).toBe("MalformedResponse");
    expect((await failureOf(client.get(ConfigMap, key))).reason).toBe("MalformedResponse");
    await client.close();
  });

  it("asks before every write whether it may go, and not before reads", async () => {
    const server = await scriptedServer(({ json }) => json(200, stored("web", "1")));
    const client = new Client({
      cluster: server.cluster,
      beforeWrite: () => {
        throw new Error("Not the leader");
      },
    });
    await client.get(ConfigMap, key);
    await expect(client.apply(ConfigMap, stored("web", "1"))).rejects.toThrow("Not the leader");
    expect(server.requests).toHaveLength(1);
    await client.close();
  });

  it("puts each verb's parameters where the API wants them", async () => {
    const server = await scriptedServer(({ json }) => json(200, stored("web", "1")));
    const client = new Client({ cluster: server.cluster, fieldManager: "tester" });
    await client.apply(ConfigMap, stored("web", "1"), { subresource: "status", dryRun: true });
    await client.patch(ConfigMap, key, [], { patchType: "json", fieldManager: "other" });
    await client.delete(ConfigMap, key, { preconditions: { uid: "u" } });
    await client.deleteCollection(ConfigMap, { namespace: "default", labelSelector: "a=b" });
    const sent = server.requests.map(({ method, path, query, request }) => {
      return [method, path, query.toString(), request.headers["content-type"]];
    });
    expect(sent).toEqual([
      [
        "PATCH",
        "/api/v1/namespaces/default/configmaps/web/status",
        "force=true&fieldManager=tester&dryRun=All",
        "application/apply-patch+yaml",
      ],
      ["PATCH", "/api/v1/namespaces/default/configmaps/web", "fieldManager=other", "application/json-patch+json"],
      ["DELETE", "/api/v1/namespaces/default/configmaps/web", "", "application/json"],
      ["DELETE", "/api/v1/namespaces/default/configmaps", "labelSelector=a%3Db", "application/json"],
    ]);
    await client.close();
  });
});
