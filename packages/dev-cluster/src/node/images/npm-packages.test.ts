import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NpmPackages } from "./npm-packages.ts";
import { PullError } from "./pull-error.ts";

/** A registry that serves the packages of this test, so that nothing leaves the machine. */
let registry: Server;
let url: string;
let dir: string;
let downloads: number;

const packages = {
  "one-bin": { bin: "cli.js" },
  "same-name": { bin: { other: "cli.js", "same-name": "cli.js" } },
  "two-bins": { bin: { a: "cli.js", b: "cli.js" } },
  library: {},
} satisfies Record<string, object>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "moorage-npm-"));
  registry = createServer((request, response) => {
    const [, name = "", tarball] = (request.url ?? "").split("/");
    const fields = Object.entries(packages).find(([known]) => known === name)?.[1];
    if (!fields) {
      response.writeHead(404, { "content-type": "application/json" }).end('{"error":"Not found"}');
      return;
    }
    const archive = pack(name, fields);
    if (tarball) downloads += 1;
    response.end(tarball ? archive : JSON.stringify(packument(name, fields, archive)));
  });
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  const address = registry.address();
  url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
});
beforeEach(() => {
  downloads = 0;
});
afterAll(() => {
  registry.close();
  rmSync(dir, { recursive: true, force: true });
});

function pack(name: string, fields: object): Buffer {
  const folder = join(dir, "pack", name, "package");
  const archive = join(dir, "pack", `${name}.tgz`);
  if (existsSync(archive)) return readFileSync(archive);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", ...fields }));
  writeFileSync(join(folder, "cli.js"), "#!/usr/bin/env node\nconsole.log('hello');\n");
  execFileSync("tar", ["-czf", archive, "-C", join(dir, "pack", name), "package"]);
  return readFileSync(archive);
}

function packument(name: string, fields: object, archive: Buffer): object {
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  const manifest = { name, version: "1.0.0", ...fields, dist: { tarball: `${url}/${name}/a.tgz`, integrity } };
  return { name, "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": manifest } };
}

let cache = 0;
function newCache(): { npm: NpmPackages; folder: string } {
  const folder = join(dir, `cache-${++cache}`);
  const env = {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: dir,
    npm_config_registry: url,
    npm_config_cache: join(dir, `npm-cache-${cache}`),
  };
  return { npm: new NpmPackages({ dir: folder, env }), folder };
}

describe("NpmPackages", () => {
  it("installs a package once, however many ask for it, and runs it without npx", async () => {
    const { npm, folder } = newCache();
    const reference = { name: "one-bin", version: "1.0.0" };
    const [first, second] = await Promise.all([npm.commandOf(reference), npm.commandOf(reference)]);
    expect(first).toEqual([process.execPath, join(folder, "one-bin@1.0.0/node_modules/one-bin/cli.js")]);
    expect(second).toEqual(first);
    expect(downloads).toBe(1);
    expect(execFileSync(first[0] ?? "", first.slice(1), { encoding: "utf8" })).toBe("hello\n");
    await npm.commandOf(reference);
    expect(downloads).toBe(1);
    expect(readdirSync(folder)).toEqual(["one-bin@1.0.0"]);
  });

  it.each([
    ["the one named like the package", "same-name", undefined, "same-name"],
    ["the one that is asked for", "two-bins", "b", "two-bins"],
  ])("chooses %s", async (_why, name, command, expected) => {
    const [, script] = await newCache().npm.commandOf({ name, version: "1.0.0" }, command);
    expect(script).toContain(`/node_modules/${expected}/cli.js`);
  });

  it.each([
    [
      "a package that does not exist",
      { name: "absent", version: "1.0.0" },
      "the npm registry has no such package or version",
    ],
    [
      "a version that does not exist",
      { name: "one-bin", version: "9.9.9" },
      '"npm view one-bin versions" lists what there is',
    ],
    [
      "several commands, none named like the package",
      { name: "two-bins", version: "1.0.0" },
      'it has no command "two-bins", only "a", "b"',
    ],
    ["a library", { name: "library", version: "1.0.0" }, "it is a library and not a program"],
  ])("says what is wrong: %s", async (_why, reference, message) => {
    const { npm, folder } = newCache();
    const failure = await npm.commandOf(reference).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PullError);
    expect(failure).toHaveProperty("message", expect.stringContaining(message));
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("says that the registry cannot be reached", async () => {
    const env = {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: dir,
      npm_config_registry: "http://127.0.0.1:1",
      npm_config_fetch_retries: "0",
    };
    const npm = new NpmPackages({ dir: join(dir, "unreachable"), env });
    await expect(npm.commandOf({ name: "one-bin", version: "1.0.0" })).rejects.toThrow(
      "the npm registry cannot be reached",
    );
  });

  it("does not take a folder that was left half filled for an installed package", async () => {
    const { npm, folder } = newCache();
    mkdirSync(join(folder, "one-bin@1.0.0", "node_modules"), { recursive: true });
    const [, script] = await npm.commandOf({ name: "one-bin", version: "1.0.0" });
    expect(existsSync(script ?? "")).toBe(true);
  });
});
