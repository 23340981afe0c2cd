import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
let folder = "";
let proxy: ChildProcess | undefined;
afterEach(async () => {
  proxy?.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

it("nothing that a client or a file keeps secret is logged or audited, not even for debugging", async () => {
  folder = await mkdtemp(join(tmpdir(), "moorage-"));
  const file = (name: string) => join(folder, name);
  const secret = (name: string) => `secret-${name}-0123456789abcdef0123456789abcdef`;
  await writeFile(file("header"), `Bearer ${secret("header")}`);
  await writeFile(file("client"), secret("client"));
  await writeFile(file("keys"), secret("key"));
  // Nobody listens on port 1: errors are where secrets would slip out.
  const nobody = "http://127.0.0.1:1";
  const config = {
    name: "secrets",
    listen: { port: 0 },
    upstream: {
      transport: "streamable-http",
      url: `http://user:${secret("password")}@127.0.0.1:1/mcp?key=${secret("query")}`,
      headersFrom: { Authorization: { file: file("header") } },
    },
    sessions: { keyFile: file("keys") },
    oidc: {
      issuer: nobody,
      audience: "mcp",
      introspectionURL: `${nobody}/introspect`,
      clientID: "x",
      clientSecretFile: file("client"),
    },
    tokenExchange: { url: `${nobody}/token`, clientID: "x", clientSecretFile: file("client") },
    telemetry: { otlpEndpoint: nobody, headersFrom: { "x-key": { file: file("header") } } },
    audit: {},
  };
  await writeFile(file("config.json"), JSON.stringify(config));
  const args = [program, "--config", file("config.json"), "--log-level", "debug"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  proxy = child;
  let said = "";
  const ended = once(child, "close");
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (piece: string) => {
        said += piece;
        const port = /"port":(\d+)/.exec(said)?.[1];
        if (port !== undefined) resolve(`http://127.0.0.1:${port}/mcp`);
      });
    }
  });
  const url = await listening;
  const call = {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "t", arguments: { password: secret("argument") } },
  };
  const jwt = `${Buffer.from('{"alg":"ES256"}').toString("base64url")}.e30.${secret("signature")}`;
  for (const [path, headers] of [
    ["", { authorization: `Bearer ${secret("opaque")}` }],
    ["", { authorization: `Bearer ${jwt}` }],
    ["", { authorization: `Basic ${secret("basic")}` }],
    [
      "",
      { authorization: `Bearer ${secret("opaque")}`, "mcp-session-id": secret("session"), cookie: secret("cookie") },
    ],
    [`?access_token=${secret("url")}`, {}],
  ] as const) {
    const response = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...headers },
      body: JSON.stringify(call),
    });
    said += await response.text();
  }
  child.kill("SIGTERM");
  await ended;
  expect(said).toContain('"type":"audit"');
  expect(said.match(/"msg":"Not answered"/g)).toHaveLength(5);
  expect(said.match(/secret-\w+/g)).toBeNull();
});
