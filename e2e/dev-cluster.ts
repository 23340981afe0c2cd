import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, loadKubeconfig } from "@moorage/kube-client";
import { type Condition, findCondition } from "@moorage/kube-types";
import { type MCPServer, StacklokMCPServer } from "@moorage/resources";
import { type Dev, startDev } from "../tools/demo/start-dev.ts";
import { eventually } from "./eventually.ts";

/** A `moorage dev` of its own for a test file, with the operator, in a temporary folder. */
export class DevUnderTest {
  readonly dir: string;
  #dev: Dev;
  readonly #launcher: string | undefined;
  client: Client;

  private constructor(dir: string, dev: Dev, launcher: string | undefined, client: Client) {
    this.dir = dir;
    this.#dev = dev;
    this.#launcher = launcher;
    this.client = client;
  }

  /** @param launcher the file `moorage.mjs` to start. Default: the repository's. */
  static async start(launcher?: string): Promise<DevUnderTest> {
    const dir = await mkdtemp(join(tmpdir(), "moorage-e2e-"));
    const dev = await startDev(dir, launcher);
    return new DevUnderTest(dir, dev, launcher, await clientOf(dev));
  }

  get kubeconfig(): string {
    return this.#dev.kubeconfig;
  }

  get pid(): number {
    return this.#dev.pid;
  }

  /** Ends it without a chance to clean up, and starts it again on the same folder. */
  async killAndRestart(): Promise<void> {
    process.kill(this.#dev.pid, "SIGKILL");
    await this.#dev.exited;
    await this.client.close();
    this.#dev = await startDev(this.dir, this.#launcher);
    this.client = await clientOf(this.#dev);
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.#dev.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Applies an MCPServer of `mcp.stacklok.com` in namespace `default`. */
  async apply(name: string, spec: Partial<MCPServer["spec"]>): Promise<void> {
    const { group, version, kind } = StacklokMCPServer;
    const server = { apiVersion: `${group}/${version}`, kind, metadata: { name, namespace: "default" }, spec };
    await this.client.apply<typeof server>(
      { group, version, kind, plural: StacklokMCPServer.plural, namespaced: true },
      server,
    );
  }

  /** Waits until a condition of a server has the reason. */
  async condition(name: string, type: string, reason: string, withinMs: number): Promise<Condition> {
    const key = { namespace: "default", name };
    return eventually(`${type} of "${name}" has reason ${reason}`, withinMs, async () => {
      const { status } = await this.client.get(StacklokMCPServer, key);
      const condition = findCondition(status?.conditions, type);
      if (condition?.reason !== reason) throw new Error(JSON.stringify(status?.conditions));
      return condition;
    });
  }

  /** Waits until the server is ready. @returns its URL. */
  async ready(name: string, withinMs = 90_000): Promise<string> {
    await this.condition(name, "Ready", "HandshakeSucceeded", withinMs);
    const { status } = await this.client.get(StacklokMCPServer, { namespace: "default", name });
    if (!status?.url) throw new Error(`"${name}" is ready and has no URL`);
    return status.url;
  }
}

async function clientOf(dev: Dev): Promise<Client> {
  return new Client({ cluster: await loadKubeconfig({ paths: [dev.kubeconfig] }), fieldManager: "e2e" });
}
