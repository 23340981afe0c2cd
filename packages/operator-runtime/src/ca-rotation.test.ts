import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@moorage/kube-client";
import { ConfigMap } from "@moorage/kube-types/core-v1";
import { expect, it, onTestFinished } from "vitest";
import { MemoryApi } from "./testing/memory-api/memory-api.ts";
import { type KeyPair, makeAuthority, makeServing } from "./webhook/make-certificates.ts";

const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
const user = { manager: "u", operation: "Update", subresource: "" } as const;

/** An API server behind TLS whose certificate can be exchanged, with one ConfigMap in it. */
async function serve(first: KeyPair) {
  const api = new MemoryApi();
  api.store.write("configmaps", "d/a", (live) => ({ ...live, apiVersion: "v1", kind: "ConfigMap" }), user);
  const sockets = new Set<Socket>();
  const server = createServer({ cert: first.certificate, key: first.key }, (request, response) => {
    api.serve(
      { method: request.method ?? "", path: request.url ?? "", headers: {}, body: "" },
      {
        start: (statusCode, headers = {}) => void response.writeHead(statusCode, headers),
        write: (text) => void response.write(text),
        end: () => void response.end(),
        break: () => void response.destroy(),
        onClose: (listener) => void response.on("close", listener),
      },
    );
  });
  server.on("secureConnection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(() => {
    close();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const exchange = ({ certificate, key }: KeyPair) => {
    server.setSecureContext({ cert: certificate, key });
    // As after a restart with the new certificate.
    close();
  };
  return { url: `https://127.0.0.1:${port}`, exchange };
}

it("follows a rotated CA over TLS without one failed call, and trusts no other", async () => {
  const dir = await mkdtemp(join(tmpdir(), "moorage-ca-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const [old, next, stranger] = await Promise.all([1, 2, 3].map(() => makeAuthority(validity)));
  if (!old || !next || !stranger) throw new Error("No authorities");
  const signed = (authority: KeyPair) => makeServing(authority, ["127.0.0.1"], validity);
  const file = join(dir, "ca.crt");
  await writeFile(file, old.certificate);
  const server = await serve(await signed(old));
  const client = new Client({ cluster: { server: server.url, namespace: "d", ca: { file } } });
  onTestFinished(() => client.close());
  const get = () => client.get(ConfigMap, { namespace: "d", name: "a" }, { timeoutMs: 5_000 });
  expect((await get()).metadata.name).toBe("a");
  // The file changes first, as a projected volume does; the client has read it less than 10 s ago.
  await writeFile(file, next.certificate);
  server.exchange(await signed(next));
  expect((await get()).metadata.name).toBe("a");
  server.exchange(await signed(stranger));
  await expect(get()).rejects.toMatchObject({ code: 0, reason: "ConnectionFailed" });
});
