import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../testing/free-port.ts";

const environment = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  PYTHONPATH: import.meta.dirname,
  MOORAGE_POD_IP: "127.0.62.1",
  MOORAGE_NAMESPACE: "ns",
};
const hasPython = spawnSync("python3", ["-c", ""], { env: environment }).status === 0;
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "moorage-python-"));
  writeFileSync(join(dir, "names"), "127.0.62.7 web.ns.svc.cluster.local\n127.0.62.8 db.other.svc.cluster.local\n");
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const env = () => ({ ...environment, MOORAGE_NAMES_FILE: join(dir, "names") });
const resolve = (name: string) =>
  spawnSync(
    "python3",
    ["-c", `import socket; print(socket.getaddrinfo("${name}", 80, type=socket.SOCK_STREAM)[0][4][0])`],
    { env: env(), encoding: "utf8" },
  ).stdout.trim();

describe.skipIf(!hasPython)("sitecustomize.py", () => {
  it.each([
    ["web", "127.0.62.7"],
    ["web.ns", "127.0.62.7"],
    ["web.ns.svc.cluster.local.", "127.0.62.7"],
    ["db.other.svc", "127.0.62.8"],
    ["localhost", "127.0.0.1"],
  ])("resolves %s to %s", (name, address) => {
    expect(resolve(name)).toBe(address);
  });

  it("lets a server that listens everywhere listen on the pod's address", async () => {
    const port = await freePort();
    const server = spawn("python3", ["-m", "http.server", String(port), "--bind", "0.0.0.0"], {
      env: env(),
      cwd: dir,
      stdio: "ignore",
    });
    const status = (host: string) =>
      fetch(`http://${host}:${port}/names`).then(
        (response) => response.status,
        () => 0,
      );
    await expect.poll(() => status("127.0.62.1"), { timeout: 10_000 }).toBe(200);
    expect(await status("127.0.0.1")).toBe(0);
    server.kill("SIGKILL");
  });
});
