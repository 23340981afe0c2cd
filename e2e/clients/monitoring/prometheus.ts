import { type ChildProcess, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { freePort } from "@moorage/dev-cluster/testing";
import { isRecord } from "@moorage/mcp-messages";
import { parse, stringify } from "yaml";
import { eventually } from "../../eventually.ts";
import { binary, end } from "../servers.ts";

/** A Prometheus that runs outside the cluster which it watches. */
export class Prometheus {
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  /** Starts with a configuration made for inside the cluster: only the way to the API server and the pace are changed. */
  static async start(configuration: string, { kubeconfig, dir }: { kubeconfig: string; dir: string }) {
    const config = parse(await readFile(configuration, "utf8"));
    config.global = { scrape_interval: "1s", evaluation_interval: "1s" };
    config.rule_files = config.rule_files.map((name: string) => join(dirname(configuration), name));
    for (const job of config.scrape_configs) {
      for (const discovery of job.kubernetes_sd_configs) discovery.kubeconfig_file = kubeconfig;
    }
    const file = join(dir, "prometheus.yaml");
    await writeFile(file, stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const flags = [
      "--config.file",
      file,
      "--storage.tsdb.path",
      join(dir, "prometheus"),
      "--web.listen-address",
      address,
    ];
    const child = spawn(binary("prometheus"), flags, { stdio: "ignore" });
    const prometheus = new Prometheus(child, `http://${address}`);
    await eventually("Prometheus is ready", 30_000, async () => (await fetch(`http://${address}/-/ready`)).ok);
    return prometheus;
  }

  /** The `data` of an answer of its HTTP API. @throws Error with what it says, where that is an error */
  async get(path: string, parameters: Record<string, string> = {}): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const body: unknown = await response.json();
    if (isRecord(body) && body["status"] === "success") return body["data"];
    throw new Error(`${path} ${JSON.stringify(parameters)}: ${JSON.stringify(body)}`);
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}
