import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { bringsAbout } from "../../../examples/website-operator/brings-about.ts";
import { decides } from "../../../examples/website-operator/decides.ts";
import { MemoryApiServer } from "./testing/memory-api/memory-api-server.ts";

const root = join(import.meta.dirname, "../../..");

describe("docs/writing-an-operator.md", () => {
  it("shows the example's files as they are", async () => {
    const text = await readFile(join(root, "docs/writing-an-operator.md"), "utf8");
    const blocks = [...text.matchAll(/<!-- file: (\S+) -->\n```ts\n([\s\S]*?)```\n/g)];
    expect(blocks.length).toBe(6);
    for (const [, file = "", code] of blocks) {
      expect(code, file).toBe(await readFile(join(root, "examples/website-operator", file), "utf8"));
    }
  });

  it("shows an operator that decides and works as it says", async () => {
    const server = new MemoryApiServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    await decides();
    await bringsAbout(await server.start());
  });
});
