import { join } from "node:path";
import { connect } from "node:tls";
import { Agent, fetch } from "undici";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createLog } from "../observability/log.ts";
import { ProxyServer } from "../proxy-server.ts";
import { type KeyPair, selfSigned } from "../testing/certificates.ts";
import { mountFiles } from "../testing/mounted-files.ts";
import { fixtureConfig, startReadyProxy, until } from "../testing/running-proxy.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

let old: KeyPair;
let renewed: KeyPair;
let server: ProxyServer | undefined;
beforeAll(async () => {
  [old, renewed] = await Promise.all([selfSigned("old"), selfSigned("renewed")]);
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function serve(pair: KeyPair): Promise<{ folder: string; port: number }> {
  const folder = await temporaryFolder();
  await mountFiles(folder, { "tls.crt": pair.certificate, "tls.key": pair.key });
  const tls = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
  ({ server } = await startReadyProxy(fixtureConfig({ listen: { port: 0, tls }, oidc })));
  return { folder, port: server.port };
}

const oidc = { issuer: "https://issuer.example.com", audience: "mcp" };

/** The name in the certificate that the port shows, and the protocol that was agreed on. */
function shown(port: number): Promise<{ name: string | string[] | undefined; protocol: string | null }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: "TLSv1.2" }, () => {
      resolve({ name: socket.getPeerCertificate().subject.CN, protocol: socket.getProtocol() });
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

describe("listen.tls", () => {
  it("serves HTTPS, and says so in what it tells clients of itself", async () => {
    const { port } = await serve(old);
    const dispatcher = new Agent({ connect: { ca: old.certificate } });
    const answer = await fetch(`https://127.0.0.1:${port}/.well-known/oauth-protected-resource/mcp`, { dispatcher });
    expect(await answer.json()).toMatchObject({ resource: `https://127.0.0.1:${port}/mcp` });
    const refused = await fetch(`https://127.0.0.1:${port}/mcp`, { method: "DELETE", dispatcher });
    expect(refused.headers.get("www-authenticate")).toContain(`resource_metadata="https://127.0.0.1:${port}/`);
    await dispatcher.close();
  });

  it("speaks no plain HTTP there", async () => {
    const { port } = await serve(old);
    await expect(fetch(`http://127.0.0.1:${port}/mcp`)).rejects.toThrow();
  });

  it("takes over a renewed certificate without a restart", async () => {
    const { folder, port } = await serve(old);
    expect(await shown(port)).toEqual({ name: "old", protocol: "TLSv1.2" });
    await mountFiles(folder, { "tls.crt": renewed.certificate, "tls.key": renewed.key });
    await until(async () => (await shown(port)).name === "renewed");
  });

  it("keeps the last good pair while the files do not fit together", async () => {
    const { folder, port } = await serve(old);
    await mountFiles(folder, { "tls.crt": renewed.certificate, "tls.key": old.key });
    await mountFiles(folder, { "tls.crt": "no certificate", "tls.key": renewed.key });
    expect((await shown(port)).name).toBe("old");
    await mountFiles(folder, { "tls.crt": renewed.certificate, "tls.key": renewed.key });
    await until(async () => (await shown(port)).name === "renewed");
  });

  it.each([
    ["a key of another certificate", () => renewed.key, /"tls.crt"|are not a certificate and its private key/],
    ["no key", () => "nonsense", /are not a certificate and its private key in PEM form/],
  ])("does not start with %s, and says why", async (_, key, message) => {
    const folder = await temporaryFolder();
    await mountFiles(folder, { "tls.crt": old.certificate, "tls.key": key() });
    const tls = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
    const start = () =>
      ProxyServer.create(fixtureConfig({ listen: { port: 0, tls } }), {
        environment: {},
        log: createLog("test", "silent"),
      });
    await expect(start()).rejects.toThrow(message);
  });

  it("names a file that is not there", async () => {
    const tls = { certFile: "/no/such/tls.crt", keyFile: "/no/such/tls.key" };
    const options = { environment: {}, log: createLog("test", "silent") };
    await expect(ProxyServer.create(fixtureConfig({ listen: { port: 0, tls } }), options)).rejects.toThrow(
      /^listen\.tls\.certFile: cannot be read: .*\/no\/such\/tls\.crt/,
    );
  });
});
