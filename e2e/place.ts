import type { Client } from "@moorage/kube-client";
import { type Condition, findCondition } from "@moorage/kube-types";
import { Pod, Service } from "@moorage/kube-types/core-v1";
import { type MCPServer, StacklokMCPServer } from "@moorage/resources";
import { eventually } from "./eventually.ts";
import { whenReachable } from "./reachable.ts";

type Spec = Partial<MCPServer["spec"]>;

const { group, version, kind, plural } = StacklokMCPServer;
const apiVersion = `${group}/${version}`;
/** Like the kind, but for manifests that leave out what has a default. */
const type = { group, version, kind, plural, namespaced: true };

/** A cluster that MCPServers of `mcp.stacklok.com` really run in: the dev cluster, or a node with real pods. */
export interface PlaceOptions {
  client: Client;
  namespace: string;
  /** server-everything over stdio, in the form that runs here. */
  stdio: Spec;
  /** The same over streamable HTTP. It listens at 3001. */
  http: Spec;
  /** The same with the argument "nonsense", at which it ends. */
  crashing: Spec;
  /** How long a changed ConfigMap may take to reach a running pod. */
  propagationMs: number;
  /** An address of the test's own that pods reach. */
  hostAddress: string;
}

/** What a user does with MCPServers and sees of them. */
export class Place {
  readonly client: Client;
  readonly namespace: string;
  readonly stdio: Spec;
  readonly http: Spec;
  readonly crashing: Spec;
  readonly propagationMs: number;
  readonly hostAddress: string;

  constructor(options: PlaceOptions) {
    this.client = options.client;
    this.namespace = options.namespace;
    this.stdio = options.stdio;
    this.http = options.http;
    this.crashing = options.crashing;
    this.propagationMs = options.propagationMs;
    this.hostAddress = options.hostAddress;
  }

  async apply(name: string, spec: Spec): Promise<void> {
    await this.client.apply(type, { apiVersion, kind, metadata: { name, namespace: this.namespace }, spec });
  }

  /** Changes fields of `spec`; null removes one. */
  async edit(name: string, spec: Readonly<Record<string, unknown>>): Promise<void> {
    await this.client.patch(type, this.key(name), { spec }, { patchType: "merge" });
  }

  async delete(name: string): Promise<void> {
    await this.client.delete(type, this.key(name));
  }

  key(name: string): { namespace: string; name: string } {
    return { namespace: this.namespace, name };
  }

  async find(name: string): Promise<MCPServer | undefined> {
    return this.client.find(StacklokMCPServer, this.key(name));
  }

  async server(name: string): Promise<MCPServer> {
    return this.client.get(StacklokMCPServer, this.key(name));
  }

  /** Waits until a condition has the reason. */
  async condition(name: string, conditionType: string, reason: string, withinMs = 60_000): Promise<Condition> {
    return eventually(`${conditionType} of "${name}" has reason ${reason}`, withinMs, async () => {
      const { status } = await this.server(name);
      const condition = findCondition(status?.conditions, conditionType);
      if (condition?.reason !== reason) throw new Error(JSON.stringify(status?.conditions, undefined, 1));
      return condition;
    });
  }

  /** Waits until the server has answered a handshake, every pod is of its generation and every proxy has its configuration, and its Service leads there. */
  async ready(name: string, withinMs = 90_000): Promise<void> {
    await eventually(`"${name}" is ready`, withinMs, async () => {
      const { metadata, status } = await this.server(name);
      const settled =
        status?.observedGeneration === metadata.generation &&
        findCondition(status?.conditions, "Ready")?.status === "True" &&
        findCondition(status?.conditions, "Progressing")?.status === "False" &&
        findCondition(status?.conditions, "Degraded")?.status === "False";
      if (!settled) throw new Error(JSON.stringify(status?.conditions, undefined, 1));
      return true;
    });
    await whenReachable(await this.url(name));
  }

  /** By the Service's address: the test does not use the cluster's DNS. */
  async url(name: string): Promise<string> {
    const { spec } = await this.client.get(Service, this.key(name));
    return `http://${spec.clusterIP}:${spec.ports?.[0]?.port}`;
  }

  /** Pods of a server that clients reach (proxies), or that the proxy reaches (the servers themselves); none that goes. */
  async pods(name: string, serves: "clients" | "proxy"): Promise<readonly Pod[]> {
    const labelSelector = `app.kubernetes.io/instance=${name},mcp.moorage.dev/serves=${serves}`;
    const { items } = await this.client.list(Pod, { namespace: this.namespace, labelSelector });
    return items.filter(({ metadata }) => !metadata.deletionTimestamp);
  }

  /** The uids of all pods of a server: the same as long as none has been replaced. */
  async podIds(name: string): Promise<string[]> {
    const pods = [...(await this.pods(name, "clients")), ...(await this.pods(name, "proxy"))];
    return pods.map(({ metadata }) => metadata.uid ?? "").toSorted();
  }
}
