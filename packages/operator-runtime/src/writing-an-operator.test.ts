import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { bringsAbout } from "../../../examples/website-operator/brings-about.ts";
import { decides } from "../../../examples/website-operator/decides.ts";
import { MemoryApiServer } from "./testing/memory-api/memory-api-server.ts";

const root = join(import.meta.dirname, "../../..");
const example = join(root, "examples/website-operator");

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
    expect(names).toHaveLength(9);
    for (const name of names) expect(shown(name), name).toBe(await readFile(join(example, name), "utf8"));
  });

  it("shows an operator that decides and works as it says", async () => {
    const server = new MemoryApiServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    await decides();
    await bringsAbout(await server.start());
  });
});
