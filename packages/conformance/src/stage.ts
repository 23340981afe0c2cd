import { setTimeout as sleep } from "node:timers/promises";
import type { ApiConnection } from "./api-connection.ts";
import { fieldOf } from "./field-of.ts";
import { type KubectlOutcome, runKubectl } from "./kubectl.ts";
import { read, type Step, type StepAnswer } from "./step.ts";
import type { WatchLog } from "./watch-log.ts";
import type { WebhookAnswer, WebhookServer } from "./webhook-server.ts";

/** Far more than any server needs: a machine that does other things at the same time must not fail a scenario. */
const limitMs = 60_000;
const pauseMs = 50;

/** What a scenario plays on: one server, and a namespace of its own there. `{ns}` in steps stands for it. */
export class Stage {
  readonly namespace: string;
  readonly #api: ApiConnection;
  readonly #webhooks: WebhookServer;
  readonly #cacheDir: string;
  readonly #watches: WatchLog[] = [];

  constructor(parts: { api: ApiConnection; namespace: string; webhooks: WebhookServer; cacheDir: string }) {
    this.namespace = parts.namespace;
    this.#api = parts.api;
    this.#webhooks = parts.webhooks;
    this.#cacheDir = parts.cacheDir;
  }

  /** Sends one step, again and again where it says until which code. */
  send(step: Step): Promise<StepAnswer> {
    const { until } = step;
    if (until === undefined) return this.#api.send(this.#placed(step));
    return this.until(step, typeof until === "function" ? until : ({ code }) => code === until);
  }

  /** Sends steps in their order. */
  async sendAll(steps: readonly Step[]): Promise<StepAnswer[]> {
    const answers: StepAnswer[] = [];
    for (const step of steps) answers.push(await this.send(step));
    return answers;
  }

  /** Polls, for at most a minute: over plain HTTP there is no event for every kind of readiness. */
  async until(step: Step, isReached: (answer: StepAnswer) => boolean): Promise<StepAnswer> {
    const placed = this.#placed(step);
    for (const end = performance.now() + limitMs; ; ) {
      const answer = await this.#api.send(placed);
      if (isReached(answer) || performance.now() > end) return answer;
      await sleep(pauseMs);
    }
  }

  /** Opens a watch, which ends with the scenario at the latest. */
  watch(path: string, options: Pick<Step, "accept" | "headers"> = {}): WatchLog {
    const log = this.#api.watch(this.#placed({ method: "GET", path, ...options }));
    this.#watches.push(log);
    return log;
  }

  /**
   * Watches what changes in a collection after this call. A watch without a version shows what is there when it has
   * reached the server, which may be after the scenario's next step.
   */
  async watchFromNow(path: string): Promise<WatchLog> {
    const { body } = await this.send(read(path));
    const version = String(fieldOf(body, "metadata", "resourceVersion"));
    return this.watch(`${path}${path.includes("?") ? "&" : "?"}watch=1&timeoutSeconds=60&resourceVersion=${version}`);
  }

  /** Runs kubectl in the scenario's namespace; `{ns}` stands for it in arguments and input too. */
  kubectl(args: readonly string[], input = ""): Promise<KubectlOutcome> {
    const placed = [...args, "--namespace", "{ns}"].map((text) => text.replaceAll("{ns}", this.namespace));
    const options = { cacheDir: this.#cacheDir, input: input.replaceAll("{ns}", this.namespace) };
    return runKubectl(this.#api, placed, options);
  }

  /** A webhook of this scenario; returns the `clientConfig` that leads to it. */
  webhook(name: string, answer: WebhookAnswer): { url: string; caBundle: string } {
    return this.#webhooks.serve(`/${this.namespace}/${crypto.randomUUID()}/${name}`, answer);
  }

  /** Ends what is still open. */
  close(): void {
    for (const watch of this.#watches) watch.stop();
  }

  #placed(step: Step): Step {
    return JSON.parse(JSON.stringify(step).replaceAll("{ns}", this.namespace));
  }
}
