import { type Client, isNotFound, type ObjectKey } from "@moorage/kube-client";
import { findCondition, type KubeObject, type ResourceType } from "@moorage/kube-types";
import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Secret, Service } from "@moorage/kube-types/core-v1";
import { Event } from "@moorage/kube-types/events-v1";
import { McpDevMCPServer, StacklokMCPServer, ToolConfig, WebApp } from "@moorage/resources";
import { eventually } from "../eventually.ts";

const withinMs = 30_000;

/** As a user writes it. */
interface Manifest extends KubeObject {
  spec: Record<string, unknown>;
  status?: { conditions?: Parameters<typeof findCondition>[0]; observedGeneration?: number };
}

/** Everything that the operator does in the life of its objects, from the side of their user. */
export class Life {
  readonly #client: Client;
  readonly #namespace: string;

  constructor(client: Client, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  async live(): Promise<void> {
    await this.create();
    await this.misconfigure();
    await this.drift();
    await this.change();
    await this.delete();
  }

  async create(): Promise<void> {
    await this.#apply(ToolConfig, "few", { filter: ["echo"] });
    await this.#apply(StacklokMCPServer, "proxied", { image: "npx://a@1.0.0", toolConfigRef: { name: "few" } });
    await this.#apply(StacklokMCPServer, "rich", {
      image: "npx://a@1.0.0",
      permissionProfile: { type: "builtin", name: "none" },
      oidcConfig: { type: "kubernetes" },
      autoscaling: { maxReplicas: 3 },
      exposure: { hostname: "rich.example.com", ingress: {}, httpRoute: { parentRefs: [{ name: "gateway" }] } },
    });
    await this.#apply(McpDevMCPServer, "direct", { image: "weather:1" });
    await this.#apply(WebApp, "shop", { image: "shop:1" });
    await this.#seen(StacklokMCPServer, "proxied", "rich");
    await this.#seen(McpDevMCPServer, "direct");
    await this.#seen(WebApp, "shop");
    await this.#condition(ToolConfig, "few", { type: "Valid", reason: "Valid" });
    const { spec } = await this.#client.get(Deployment, this.#key("shop"));
    if (spec.replicas !== 1) throw new Error(`A WebApp has one pod by default, not ${spec.replicas}`);
    for (const name of ["proxied", "direct"]) await this.#client.get(Deployment, this.#key(name));
  }

  async misconfigure(): Promise<void> {
    await this.#apply(ToolConfig, "few", { filter: ["echo", "echo"] });
    await this.#condition(ToolConfig, "few", { type: "Valid", reason: "DuplicateFilterEntry" });
    const taken = { apiVersion: "v1", kind: "Service", metadata: this.#key("taken"), spec: { ports: [{ port: 1 }] } };
    await this.#client.create(Service, taken);
    await this.#apply(WebApp, "taken", { image: "shop:1" });
    await this.#condition(WebApp, "taken", { type: "ResourceConflict", reason: "NameTaken" });
    await this.#apply(StacklokMCPServer, "lacking", { image: "npx://a@1.0.0", secretName: "keys" });
    await this.#condition(StacklokMCPServer, "lacking", { type: "SecretResolved", reason: "SecretNotFound" });
    await this.#client.create(Secret, { apiVersion: "v1", kind: "Secret", metadata: this.#key("keys") });
    await this.#condition(StacklokMCPServer, "lacking", { type: "SecretResolved", reason: "Resolved" });
  }

  /** List items in the place of ours are the costliest drift: the operator has to ask the server for them. */
  async drift(): Promise<void> {
    const options = { patchType: "merge", fieldManager: "somebody" } as const;
    const { spec } = await this.#client.get(Service, this.#key("direct"));
    const ports = [{ name: "stray", port: 9999, targetPort: 9999, protocol: "TCP" }];
    await this.#client.patch(Service, this.#key("direct"), { spec: { ports } }, options);
    await this.#eventually("ports are as before", async () => {
      const { spec: now } = await this.#client.get(Service, this.#key("direct"));
      return now.ports?.length === spec.ports?.length && now.ports?.[0]?.port === spec.ports?.[0]?.port;
    });
  }

  async change(): Promise<void> {
    await this.#apply(ToolConfig, "few", { filter: ["echo"], override: { echo: { name: "say" } } });
    await this.#eventually("the RunConfig has the new name", async () => {
      const { data } = await this.#client.get(ConfigMap, this.#key("proxied-runconfig"));
      return JSON.stringify(data).includes("say");
    });
    // What happens again within minutes is one Event with a count.
    await this.#eventually("the ToolConfig's second recovery is counted", async () => {
      const { items } = await this.#client.list(Event, { namespace: this.#namespace });
      return items.some(({ regarding, reason, series }) => regarding?.name === "few" && reason === "Valid" && series);
    });
    await this.#client.patch(
      StacklokMCPServer,
      this.#key("proxied"),
      { spec: { replicas: 3 } },
      { patchType: "merge" },
    );
    await this.#eventually("there are three servers", async () => {
      return (await this.#client.get(StatefulSet, this.#key("proxied"))).spec.replicas === 3;
    });
    await this.#client.patch(
      open(WebApp),
      this.#key("shop"),
      { spec: { replicas: 2 } },
      { patchType: "merge", subresource: "scale" },
    );
    await this.#eventually("the app has two pods", async () => {
      return (await this.#client.get(Deployment, this.#key("shop"))).spec.replicas === 2;
    });
    await this.#apply(McpDevMCPServer, "direct", { image: "weather:1", toolConfigRef: { name: "few" } });
    await this.#eventually("it is proxied", () => this.#exists(StatefulSet, "direct"));
    await this.#apply(McpDevMCPServer, "direct", { image: "weather:1" });
    await this.#eventually("it is direct again", async () => !(await this.#exists(StatefulSet, "direct")));
    await this.#client.patch(
      StacklokMCPServer,
      this.#key("rich"),
      { spec: { permissionProfile: null, autoscaling: null, exposure: null, oidcConfig: null } },
      { patchType: "merge" },
    );
    await this.#seen(StacklokMCPServer, "rich");
  }

  async delete(): Promise<void> {
    await this.#client.delete(ToolConfig, this.#key("few"));
    await this.#condition(ToolConfig, "few", { type: "DeletionBlocked", reason: "ReferredTo" });
    for (const [type, ...names] of [
      [StacklokMCPServer, "proxied", "rich", "lacking"],
      [McpDevMCPServer, "direct"],
      [WebApp, "shop", "taken"],
    ] as const) {
      for (const name of names) await this.#client.delete(open(type), this.#key(name));
      for (const name of names)
        await this.#eventually(`${name} is gone`, async () => !(await this.#exists(type, name)));
    }
    await this.#eventually("the ToolConfig is gone", async () => !(await this.#exists(ToolConfig, "few")));
  }

  #key(name: string): ObjectKey & { name: string } {
    return { namespace: this.#namespace, name };
  }

  async #apply(type: ResourceType, name: string, spec: Record<string, unknown>): Promise<void> {
    const { group, version, kind } = type;
    await this.#client.apply(open(type), { apiVersion: `${group}/${version}`, kind, metadata: this.#key(name), spec });
  }

  async #exists(type: ResourceType, name: string): Promise<boolean> {
    const found = await this.#client.find(open(type), this.#key(name)).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      return undefined;
    });
    return found !== undefined;
  }

  async #seen(type: ResourceType, ...names: string[]): Promise<void> {
    for (const name of names) {
      await this.#eventually(`${name} has a status`, async () => {
        const { metadata, status } = await this.#client.get(open(type), this.#key(name));
        return status?.observedGeneration === metadata.generation;
      });
    }
  }

  async #condition(type: ResourceType, name: string, wanted: { type: string; reason: string }): Promise<void> {
    await this.#eventually(`${wanted.type} of ${name} has the reason ${wanted.reason}`, async () => {
      const { status } = await this.#client.get(open(type), this.#key(name));
      return findCondition(status?.conditions, wanted.type)?.reason === wanted.reason;
    });
  }

  async #eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
    await eventually(what, withinMs, async () => ((await holds()) ? true : undefined));
  }
}

/** The kind without what its objects look like. */
function open({ group, version, kind, plural, namespaced }: ResourceType): ResourceType<Manifest> {
  return { group, version, kind, plural, namespaced };
}
