import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { bringsAbout } from "../../../examples/website-operator/brings-about.ts";
import { decides } from "../../../examples/website-operator/decides.ts";
import { MemoryApiServer } from "./testing/memory-api/memory-api-server.ts";

const root = join(import.meta.dirname, "../../..");
const example = join(root, "examples/website-operator");
const run = promisify(execFile);

let guide: string;
beforeAll(async () => {
  guide = await readFile(join(root, "docs/writing-an-operator.md"), "utf8");
});

/** The file that the guide shows under this name. */
function shown(name: string): string {
  const start = `<!-- file: ${name} -->`;
  return new RegExp(`${start}\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\`\\n`).exec(guide)?.[1] ?? "";
}

describe("docs/writing-an-operator.md", () => {
  it("shows the example's files as they are", async () => {
    const names = [...guide.matchAll(/<!-- file: (\S+\.ts) -->/g)].map(([, name = ""]) => name);
    expect(names).toHaveLength(7);
    for (const name of names) expect(shown(name), name).toBe(await readFile(join(example, name), "utf8"));
  });

  it("shows an operator that decides and works as it says", async () => {
    const server = new MemoryApiServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    await decides();
    await bringsAbout(await server.start());
  });

  it("begins with a folder in which its files run and have the right types", { timeout: 60_000 }, async () => {
    const cwd = await mkdtemp(join(tmpdir(), "moorage-guide-"));
    onTestFinished(() => rm(cwd, { recursive: true }));
    const commands = /<!-- run -->\n```bash\n([\s\S]*?)```/.exec(guide)?.[1] ?? "exit 1";
    // biome-ignore lint/style/noProcessEnv: the commands need what this process has.
    const env = { ...process.env, MOORAGE: root, npm_config_offline: "true" };
    await run("bash", ["-euc", commands], { cwd, env });
    await cp(example, cwd, { recursive: true });
    const test = `import { decides } from "./decides.ts"; await decides(); console.log("decided");`;
    const decided = await run(process.execPath, ["--input-type=module", "-e", test], { cwd });
    expect(decided.stdout).toBe("decided\n");
    await writeFile(join(cwd, "tsconfig.json"), shown("tsconfig.json"));
    // In the place of what a registry would give.
    await symlink(join(root, "node_modules/@types"), join(cwd, "node_modules/@types"));
    const said = await run(join(root, "node_modules/.bin/tsc"), [], { cwd }).then(
      () => "",
      (error: { stdout: string }) => error.stdout || String(error),
    );
    expect(said).toBe("");
  });
});
