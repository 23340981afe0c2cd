import { PullError } from "./pull-error.ts";
import { runTool } from "./run-tool.ts";

const names = ["podman", "docker", "nerdctl"];
/** An engine that did not answer is asked again after this time: a user may just be starting it. */
const askAgainMs = 30_000;
const pullTimeoutMs = 10 * 60_000;

/** Why there is no engine, and what a user can do about it. */
interface NoEngine {
  why: string;
  remedy: string;
}

/** The container engine of this machine, for images that are no packages. */
export class ContainerEngine {
  readonly #env: Readonly<Record<string, string>>;
  #answer: { atMs: number; engine: Promise<{ engine: string } | NoEngine> } | undefined;

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  /** The engine with `image` pulled, or a sentence for the user. @throws PullError when the image cannot be pulled. */
  async find(image: string): Promise<{ engine: string } | { missing: string }> {
    if (!this.#answer || performance.now() - this.#answer.atMs > askAgainMs) {
      this.#answer = { atMs: performance.now(), engine: this.#look() };
    }
    const found = await this.#answer.engine;
    if ("why" in found) {
      const ways = `${found.remedy}, or use an image of the form npx://PACKAGE@VERSION or uvx://PACKAGE@VERSION`;
      return { missing: `Cannot run image "${image}": this node runs processes, and ${found.why}; ${ways}` };
    }
    await this.#pull(found.engine, image);
    return found;
  }

  /** Removes the container, wherever it stands. */
  async remove(engine: string, container: string): Promise<void> {
    await runTool([engine, "rm", "-f", container], { env: this.#env, timeoutMs: 30_000 });
  }

  async #look(): Promise<{ engine: string } | NoEngine> {
    const silent: string[] = [];
    for (const engine of names) {
      // `info` of a client whose daemon is down may succeed; `ps` needs the daemon.
      const { code } = await runTool([engine, "ps", "--quiet", "--last", "1"], { env: this.#env, timeoutMs: 2000 });
      if (code === 0) return { engine };
      if (code !== undefined) silent.push(engine);
    }
    if (silent.length === 0)
      return { why: "no container engine (podman, docker, nerdctl) was found", remedy: "install one" };
    const list = silent.join(" and ");
    return { why: `${list} did not answer ("${silent[0]} ps" fails)`, remedy: `start ${list}` };
  }

  async #pull(engine: string, image: string): Promise<void> {
    const options = { env: this.#env, timeoutMs: pullTimeoutMs };
    const present = await runTool([engine, "image", "inspect", image], options);
    if (present.code === 0) return;
    const { code, output } = await runTool([engine, "pull", "--quiet", image], options);
    if (code === 0) return;
    const answer = output.trim().split("\n").slice(-2).join(" ").slice(0, 300);
    throw new PullError(
      `Cannot pull image "${image}": ${engine} says: ${answer}; check its name and tag, and that you may read it`,
    );
  }
}
