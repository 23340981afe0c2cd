import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "moorage-bundle-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("the bundled proxy has all that its configuration may ask for, away from node_modules", async () => {
  execFileSync(process.execPath, [join(import.meta.dirname, "bundle.ts")]);
  await cp(join(import.meta.dirname, "../../dist/image"), folder, { recursive: true });
  const config = {
    name: "bundled",
    listen: { port: 0 },
    upstream: { transport: "stdio", command: ["cat"] },
    oidc: { issuer: "https://issuer.example.com", audience: "mcp" },
    authz: { policies: ["permit(principal, action, resource);"] },
    audit: { file: join(folder, "audit.log") },
    telemetry: { otlpEndpoint: "http://127.0.0.1:1" },
  };
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const args = [join(folder, "moorage.mjs"), "proxy", "--config", join(folder, "config.json")];
  const proxy = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  proxy.stderr.setEncoding("utf8").on("data", (text: string) => {
    const listened = log.includes('"Listening"');
    log += text;
    // A second signal would not wait for a clean end.
    if (!listened && log.includes('"Listening"')) proxy.kill("SIGTERM");
  });
  const [code] = await once(proxy, "exit");
  expect([code, log]).toEqual([0, expect.stringContaining('"Listening"')]);
}, 60_000);
