import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ContainerEngine } from "./container-engine.ts";

/** Stands for an engine's client: it writes its arguments down and exits as the test says. */
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "moorage-engine-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function installEngine(name: string, script: string): void {
  const file = join(dir, name);
  writeFileSync(file, `#!/bin/sh\necho "$@" >> ${dir}/calls\n${script}\n`);
  chmodSync(file, 0o755);
}
const engine = () => new ContainerEngine({ PATH: `${dir}:/usr/bin:/bin` });
const calls = () => readFileSync(join(dir, "calls"), "utf8").trim().split("\n");
const image = "example/app:1";

describe("ContainerEngine", () => {
  it("says what to do when there is none", async () => {
    expect(await new ContainerEngine({ PATH: dir }).find(image)).toEqual({
      missing: `Cannot run image "${image}": this node runs processes, and no container engine (podman, docker, nerdctl) was found; install one, or use an image of the form npx://PACKAGE@VERSION or uvx://PACKAGE@VERSION`,
    });
  });

  it("says what to do when one does not answer", async () => {
    installEngine("podman", "exit 1");
    const found = await new ContainerEngine({ PATH: dir }).find(image);
    expect("missing" in found && found.missing).toContain(
      'podman did not answer ("podman ps" fails); start podman, or use an image',
    );
  });

  it("pulls an image that is not there yet", async () => {
    installEngine("podman", '[ "$1 $2" = "image inspect" ] && exit 1; exit 0');
    expect(await engine().find(image)).toEqual({ engine: "podman" });
    expect(calls()).toEqual(["ps --quiet --last 1", `image inspect ${image}`, `pull --quiet ${image}`]);
  });

  it("does not pull an image that is there", async () => {
    installEngine("podman", "exit 0");
    await engine().find(image);
    expect(calls()).toEqual(["ps --quiet --last 1", `image inspect ${image}`]);
  });

  it("passes on why an image cannot be pulled", async () => {
    installEngine("podman", '[ "$1" = ps ] && exit 0; echo "manifest unknown" >&2; exit 1');
    await expect(engine().find(image)).rejects.toThrow(
      `Cannot pull image "${image}": podman says: manifest unknown; check its name and tag`,
    );
  });
});
