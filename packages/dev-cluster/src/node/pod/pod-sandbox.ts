import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Container, Pod } from "@moorage/kube-types/core-v1";
import { ServiceAccount } from "@moorage/kube-types/core-v1";
import { NetworkPolicy } from "@moorage/kube-types/networking-v1";
import { findProgram } from "../images/programs.ts";
import { readLog } from "../logs/container-log.ts";
import { logFolder, logPathOf } from "../logs/log-path.ts";
import { egressOf, withoutNetwork } from "../network/egress.ts";
import { PodVolumes } from "../volumes/pod-volumes.ts";
import { ConfigError, declaredEnvironment } from "./container-environment.ts";
import { engineRun } from "./engine-run.ts";
import { expand } from "./expand.ts";
import { type Mount, rewriteMounts } from "./mounts.ts";
import type { NodeServices } from "./node-services.ts";
import type { PreparedProcess } from "./prepared-process.ts";
import { surroundingVariables, withPreloads } from "./process-environment.ts";
import { PodCredentials } from "./service-account.ts";

/** Source: kubelet reads at most 4 KiB of a termination message, and 2 KiB or 80 lines of logs in its place. */
const maxMessageBytes = 4096;
const maxLogMessageBytes = 2048;

/** What a pod has on this machine: a folder, an address, volumes and credentials. */
export class PodSandbox {
  readonly podIP: string;
  readonly #services: NodeServices;
  readonly #dir: string;
  readonly #volumes: PodVolumes;
  readonly #credentials: PodCredentials;

  constructor(pod: Pod, services: NodeServices) {
    const { uid = "", namespace = "default" } = pod.metadata;
    this.#services = services;
    this.#dir = join(services.stateDir, "pods", uid);
    this.podIP = pod.spec?.hostNetwork ? services.hostIP : services.addresses.take(uid, pod.status?.podIP);
    this.#volumes = new PodVolumes({
      dir: join(this.#dir, "volumes"),
      claimsDir: join(services.stateDir, "claims", namespace),
    });
    this.#credentials = new PodCredentials(services.api, pod, this.#dir);
    for (const folder of ["home", "tmp", "messages"])
      mkdirSync(join(this.#dir, folder), { recursive: true, mode: 0o700 });
  }

  /** Brings the files of volumes up to date. @throws VolumeError that says what is missing. */
  syncVolumes(pod: Pod): void {
    const facts = this.#facts();
    const token = (options: { audience?: string; expirationSeconds?: number }) => this.#credentials.token(options);
    this.#volumes.sync({ api: this.#services.api, pod, facts, token });
  }

  /** Finds the container's program and its environment. @throws PullError or ConfigError for what a user has to mend. */
  async prepare(pod: Pod, container: Container): Promise<PreparedProcess> {
    const { programs } = this.#services;
    const declared = await this.#declaredEnvironment(pod, container);
    const apiVariables = this.#credentials.environment({ wantsToken: this.#wantsToken(pod) });
    const visible = { ...apiVariables, ...declared };
    const mounts = this.#mountsOf(pod, container, visible);
    const words = (list: readonly string[] = []) => list.map((word) => expand(word, visible));
    const rewrite = (text: string) => rewriteMounts(text, mounts);
    const program = await findProgram(
      { ...container, command: words(container.command).map(rewrite), args: words(container.args).map(rewrite) },
      programs,
    );
    if (program.kind === "engine") {
      const original = { ...container, command: words(container.command), args: words(container.args) };
      return engineRun({ program, pod, container: original, podIP: this.podIP, env: visible, mounts }, this.#services);
    }
    const env = Object.fromEntries(Object.entries(declared).map(([name, value]) => [name, rewrite(value)]));
    return {
      argv: this.#isolated(pod, container, program.argv),
      commandWords: (command) => command.map(rewrite),
      env: { ...this.#surroundings(pod), ...apiVariables, ...env, ...withPreloads(env) },
      cwd: this.#workingDir(container, rewrite),
    };
  }

  /**
   * `argv`, kept from the network where NetworkPolicies forbid the pod every outgoing connection.
   * @throws ConfigError where this node cannot do so: nothing that protects is left out in silence.
   */
  #isolated(pod: Pod, { ports = [] }: Container, argv: readonly string[]): readonly string[] {
    const { namespace } = pod.metadata;
    const policies = this.#services.api.list(NetworkPolicy, { ...(namespace && { namespace }) });
    if (egressOf(pod, policies) !== "closed") return argv;
    const options = { listens: ports.length > 0, isRoot: process.getuid?.() === 0 };
    const isolated = process.platform === "linux" && withoutNetwork(argv, options);
    if (isolated) return isolated;
    throw new ConfigError(
      "a NetworkPolicy forbids this pod every outgoing connection, which the dev cluster's node can carry out only for " +
        "servers over stdio on Linux: allow connections, or run it on a cluster",
    );
  }

  /** The path of the log of one run of a container. */
  logPath(pod: Pod, container: string, restartCount: number): string {
    return logPathOf(this.#services.stateDir, pod, { container, restartCount });
  }

  /** What the container left to say about its end. Source: `terminationMessagePath` and `terminationMessagePolicy`. */
  terminationMessage(container: Container, exitCode: number, logPath: string): string | undefined {
    const file = this.#messageFile(container);
    const message = existsSync(file) ? readFileSync(file, "utf8").slice(0, maxMessageBytes) : "";
    if (message !== "" || container.terminationMessagePolicy !== "FallbackToLogsOnError" || exitCode === 0)
      return message || undefined;
    const lines = readLog(logPath)
      .slice(-80)
      .map(({ text }) => text);
    return lines.join("\n").slice(-maxLogMessageBytes) || undefined;
  }

  /** Gives back what the pod took, and deletes its folder and logs. */
  remove(pod: Pod): void {
    this.close(pod);
    rmSync(this.#dir, { recursive: true, force: true });
    rmSync(logFolder(this.#services.stateDir, pod), { recursive: true, force: true });
  }

  /** Gives back the address only: the folder stays for the next start of the node. */
  close(pod: Pod): void {
    this.#credentials.close();
    this.#services.addresses.release(this.podIP, pod.metadata.uid ?? "");
  }

  /** Source: kubelet pulls the image before it builds the configuration, so what is wrong with the image is said first. */
  async #declaredEnvironment(pod: Pod, container: Container): Promise<Record<string, string>> {
    const { api, programs } = this.#services;
    try {
      return declaredEnvironment(container, { api, pod, facts: this.#facts() });
    } catch (error) {
      const { command = [], args = [] } = container;
      const needsVariables = [...command, ...args].some((word) => word.includes("$("));
      if (!needsVariables) await findProgram(container, programs);
      throw error;
    }
  }

  #facts() {
    const { hostIP, nodeName, allocatable } = this.#services;
    return { podIP: this.podIP, hostIP, nodeName, allocatable };
  }

  #surroundings(pod: Pod): Record<string, string> {
    const { path, namesFile, compileCache, addresses } = this.#services;
    const redirect = addresses.perPod && !pod.spec?.hostNetwork;
    const folders = { home: join(this.#dir, "home"), tmp: join(this.#dir, "tmp") };
    return surroundingVariables({ pod, podIP: this.podIP, path, namesFile, compileCache, redirect, ...folders });
  }

  #wantsToken({ spec, metadata: { namespace = "default" } }: Pod): boolean {
    if (spec?.automountServiceAccountToken !== undefined) return spec.automountServiceAccountToken;
    const name = spec?.serviceAccountName || "default";
    const account = this.#services.api.get(ServiceAccount, { namespace, name });
    return account !== undefined && account.automountServiceAccountToken !== false;
  }

  #mountsOf(pod: Pod, container: Container, variables: Readonly<Record<string, string>>): Mount[] {
    const message = {
      mountPath: container.terminationMessagePath ?? "/dev/termination-log",
      realPath: this.#messageFile(container),
    };
    // Source: kubelet empties the file before each start.
    mkdirSync(dirname(message.realPath), { recursive: true });
    writeFileSync(message.realPath, "");
    return [...this.#volumes.mountsOf(container, pod.spec?.volumes ?? [], variables), message];
  }

  #messageFile({ name }: Container): string {
    return join(this.#dir, "messages", name);
  }

  /** A folder that only the image would have is none here: the pod's home stands for it. */
  #workingDir({ workingDir }: Container, rewrite: (text: string) => string): string {
    const real = workingDir && rewrite(workingDir);
    return real && existsSync(real) ? real : join(this.#dir, "home");
  }
}
