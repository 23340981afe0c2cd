import { Deployment, StatefulSet } from "@moorage/kube-types/apps-v1";
import { ConfigMap, Pod, Secret, Service, ServiceAccount } from "@moorage/kube-types/core-v1";
import { NetworkPolicy } from "@moorage/kube-types/networking-v1";
import { ToolConfig } from "@moorage/resources";
import { expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { answerOf, callUntilStopped } from "./load.ts";
import { echo, openSession } from "./mcp-session.ts";
import type { Place } from "./place.ts";

/** A mistake that a user makes in the spec of a running server, and what the product says to it. */
interface Mistake {
  what: string;
  edit: Record<string, unknown>;
  type: string;
  reason: string;
  message: RegExp;
}

/** Mistakes that leave the last good configuration serving. */
const harmless: readonly Mistake[] = [
  {
    what: "a ToolConfig that does not exist",
    edit: { toolConfigRef: { name: "none" } },
    type: "ToolConfigResolved",
    reason: "ToolConfigNotFound",
    message: /spec\.toolConfigRef names ToolConfig "none", which does not exist: create it/,
  },
  {
    what: "a ToolConfig that gives two tools one name",
    edit: { toolConfigRef: { name: "colliding" } },
    type: "ToolConfigResolved",
    reason: "ToolConfigInvalid",
    message: /ToolConfig "colliding" cannot be used: spec\.override\["echo"\]\.name is "get-sum"/,
  },
  {
    what: "an issuer that is no URL",
    edit: { oidcConfig: { type: "inline", inline: { issuer: "auth.example.com" } } },
    type: "OIDCConfigValid",
    reason: "OIDCConfigInvalid",
    message: /spec\.oidcConfig\.inline\.issuer is "auth\.example\.com": use a URL/,
  },
  {
    what: "a key that the OIDC ConfigMap does not have",
    edit: { oidcConfig: { type: "configMap", configMap: { name: "settings", key: "oidc.json" } } },
    type: "OIDCConfigValid",
    reason: "ConfigMapKeyNotFound",
    message: /names key "oidc\.json" of ConfigMap "settings", which has only "profile\.json"/,
  },
  {
    what: "a Cedar policy that does not parse",
    edit: { authzConfig: { type: "inline", inline: { policies: ["permit(principal, action"] } } },
    type: "AuthzConfigValid",
    reason: "AuthzConfigInvalid",
    message: /spec\.authzConfig\.inline is no set of Cedar policies/,
  },
  {
    what: "a permission profile that names a host",
    edit: { permissionProfile: { type: "configMap", name: "settings" } },
    type: "PermissionProfileValid",
    reason: "PermissionProfileInvalid",
    message: /"api\.example\.com".*CIDR/,
  },
  {
    what: "a Secret that does not exist",
    edit: { secretName: "none" },
    type: "SecretResolved",
    reason: "SecretNotFound",
    message: /spec\.secretName names Secret "none"/,
  },
  {
    what: "a key that a Secret does not have",
    edit: { env: [{ name: "TOKEN", valueFrom: { secretKeyRef: { name: "keys", key: "nope" } } }] },
    type: "SecretResolved",
    reason: "SecretKeyNotFound",
    message: /spec\.env "TOKEN" names key "nope" of Secret "keys", which has only "API_KEY"/,
  },
  {
    what: "a certificate that does not exist",
    edit: { tls: { secretName: "none" } },
    type: "TLSConfigValid",
    reason: "SecretNotFound",
    message: /spec\.tls\.secretName names Secret "none"/,
  },
  {
    what: "headers for telemetry that do not exist",
    edit: { telemetry: { otlpEndpoint: "http://collector:4318", headersSecretName: "none" } },
    type: "TelemetryConfigValid",
    reason: "SecretNotFound",
    message: /spec\.telemetry\.headersSecretName names Secret "none"/,
  },
  {
    what: "a pod template that cannot be merged",
    edit: { podTemplateSpec: { spec: { containers: [{ image: "sidecar:1" }] } } },
    type: "PodTemplateValid",
    reason: "PodTemplateInvalid",
    message: /spec\.podTemplateSpec cannot be merged into the pod template/,
  },
];

/** Mistakes that stop the server: only its pods can tell. */
const stopping: readonly Mistake[] = [
  {
    // A name that no registry can have: to ask one that is not there takes some nodes minutes.
    what: "an image that nobody can pull",
    edit: { image: "registry.invalid/NONE:1", command: ["serve"] },
    type: "Ready",
    reason: "ImagePullFailed",
    message: /Cannot get image "registry\.invalid\/NONE:1"/,
  },
  {
    what: "a port that the server does not listen on",
    edit: { targetPort: 3999, env: [{ name: "PORT", value: "3001" }] },
    type: "Ready",
    reason: "ServerNotListening",
    message: /readiness probe fails at port 3999: set spec\.targetPort/,
  },
];

/**
 * A day with one MCP server: made, misconfigured, mended, scaled, its secret rotated, its tools changed, deleted. At
 * each step the message that a user sees is the right one, and what served goes on serving where the product says so.
 */
export function dayInTheLife(at: () => Place): void {
  makeAndMisconfigure(at);
  changeAndScale(at);
  rotateAndDelete(at);
}

const stdio = "day-stdio";
const http = "day-http";
const timeout = 300_000;

function makeAndMisconfigure(at: () => Place): void {
  it("runs a server, and lets nobody but its proxy near it", { timeout }, async () => {
    const place = at();
    await makeSettings(place);
    await place.apply(stdio, place.stdio);
    await place.ready(stdio);
    expect(await answerOf(place, stdio, "good morning")).toContain("good morning");
    const { status } = await place.server(stdio);
    expect(status).toMatchObject({ phase: "Running", availableReplicas: 1 });
    expect(status?.serverInfo?.tools).toBeGreaterThan(5);
    const policy = await place.client.get(NetworkPolicy, place.key(`${stdio}-server`));
    expect(policy.spec?.policyTypes).toEqual(["Ingress"]);
  });

  it.each(harmless)("goes on serving with $what, and says so", { timeout }, async ({ edit, type, reason, message }) => {
    const place = at();
    const pods = await place.podIds(stdio);
    await place.edit(stdio, edit);
    expect((await place.condition(stdio, type, reason)).message).toMatch(message);
    expect((await place.condition(stdio, "Degraded", reason)).message).toContain("The last good configuration goes on");
    expect(await answerOf(place, stdio, "still")).toContain("still");
    await place.edit(stdio, Object.fromEntries(Object.keys(edit).map((field) => [field, null])));
    await place.ready(stdio);
    expect(await place.podIds(stdio)).toEqual(pods);
  });

  it.each(stopping)(
    "says what is wrong with $what, and recovers",
    { timeout },
    async ({ edit, type, reason, message }) => {
      const place = at();
      await place.apply(http, place.http);
      await place.ready(http);
      await place.edit(http, edit);
      expect((await place.condition(http, type, reason)).message).toMatch(message);
      await place.delete(http);
      await gone(place, http);
    },
  );

  it("tells a crash loop with the last words of the server", { timeout }, async () => {
    const place = at();
    await place.apply(http, place.crashing);
    const { message } = await place.condition(http, "Ready", "CrashLoop");
    expect(message).toMatch(/ended with code 1\. Its last output: .*nonsense/s);
    await place.delete(http);
    await gone(place, http);
  });
}

function changeAndScale(at: () => Place): void {
  it("changes what clients may do without restarting anything", { timeout }, async () => {
    const place = at();
    const pods = await place.podIds(stdio);
    const session = await openSession(await place.url(stdio));
    await place.edit(stdio, { toolConfigRef: { name: "few" }, audit: {}, rateLimits: { server: { requests: 1000 } } });
    const tools = await eventually("the filter is in force", place.propagationMs, async () => {
      const names = (await session.listTools()).tools.map(({ name }) => name);
      return names.length === 1 ? names : undefined;
    });
    expect(tools).toEqual(["say"]);
    const answer = await session.callTool({ name: "say", arguments: { message: "renamed" } });
    expect(JSON.stringify(answer)).toContain("renamed");
    await session.close();
    await place.ready(stdio, place.propagationMs);
    expect(await place.podIds(stdio)).toEqual(pods);
  });

  it("keeps a ToolConfig that is in use", { timeout }, async () => {
    const place = at();
    await place.client.delete(ToolConfig, place.key("few"));
    const held = await eventually("it says who uses it", 20_000, async () => {
      const { metadata, status } = await place.client.get(ToolConfig, place.key("few"));
      const blocked = status?.conditions?.find(({ type }) => type === "DeletionBlocked");
      return metadata.deletionTimestamp ? blocked?.message : undefined;
    });
    expect(held).toContain(`mcpservers.mcp.stacklok.com/${stdio}`);
    await place.edit(stdio, { toolConfigRef: null });
    await eventually("it is gone", 20_000, async () => (await place.client.find(ToolConfig, place.key("few"))) ?? true);
    await place.ready(stdio, place.propagationMs);
  });

  it("scales to five and back, spreads sessions, and keeps every one of them", { timeout }, async () => {
    const place = at();
    const url = await place.url(stdio);
    const early = await openSession(url);
    await place.edit(stdio, { replicas: 5 });
    await place.ready(stdio);
    expect((await place.server(stdio)).status?.availableReplicas).toBe(5);
    const sessions = await Promise.all(Array.from({ length: 20 }, () => openSession(url)));
    const hosts = await Promise.all(sessions.map(hostOf));
    expect(new Set(hosts).size).toBeGreaterThan(2);
    await place.edit(stdio, { replicas: 1 });
    await place.ready(stdio);
    expect((await place.server(stdio)).status?.availableReplicas).toBe(1);
    for (const session of [early, ...sessions]) {
      const answer = await eventually("a session goes on", 30_000, () => echo(session, "still here"));
      expect(answer).toContain("still here");
    }
    await Promise.all([early, ...sessions].map((session) => session.close()));
  });

  it("fails no call while proxies are replaced", { timeout }, async () => {
    const place = at();
    await place.edit(stdio, { proxy: { replicas: 2 } });
    await place.ready(stdio);
    const proxies = await idsOf(place, stdio, "clients");
    const load = callUntilStopped(place, stdio, { calls: 10 });
    const podTemplateSpec = { metadata: { annotations: { round: "2" } } };
    await place.edit(stdio, { proxy: { podTemplateSpec } });
    await eventually("every proxy is another", 90_000, async () => {
      const now = await idsOf(place, stdio, "clients");
      return now.length === 2 && now.every((id) => !proxies.includes(id)) ? true : undefined;
    });
    const { answered, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(10);
    await place.edit(stdio, { proxy: { replicas: 1, podTemplateSpec: null } });
    await place.ready(stdio);
  });
}

function rotateAndDelete(at: () => Place): void {
  it("rolls the server, and only it, when its secret is rotated", { timeout }, async () => {
    const place = at();
    await place.edit(stdio, { secretName: "keys" });
    await place.ready(stdio);
    const [servers, proxies] = [await idsOf(place, stdio, "proxy"), await idsOf(place, stdio, "clients")];
    const data = { API_KEY: Buffer.from("rotated").toString("base64") };
    await place.client.patch(Secret, place.key("keys"), { data }, { patchType: "merge" });
    await eventually("the server's pod is another", 60_000, async () => {
      const now = await idsOf(place, stdio, "proxy");
      return now.length === 1 && now[0] !== servers[0] ? true : undefined;
    });
    await place.ready(stdio);
    expect(await idsOf(place, stdio, "clients")).toEqual(proxies);
    expect(await answerOf(place, stdio, "rotated")).toContain("rotated");
  });

  it("keeps a session through the loss of the proxy", { timeout }, async () => {
    const place = at();
    const session = await openSession(await place.url(stdio));
    expect(await echo(session, "before")).toContain("before");
    const before = await idsOf(place, stdio, "clients");
    const [pod] = await place.pods(stdio, "clients");
    await place.client.delete(Pod, place.key(pod?.metadata.name ?? ""), { gracePeriodSeconds: 0 });
    await eventually("another proxy runs", 60_000, async () => {
      const now = await idsOf(place, stdio, "clients");
      return now.some((id) => !before.includes(id)) ? true : undefined;
    });
    await place.ready(stdio);
    const answer = await eventually("the session goes on", 30_000, () => echo(session, "after"));
    expect(answer).toContain("after");
    await session.close();
  });

  it("leaves nothing behind", { timeout }, async () => {
    const place = at();
    await place.delete(stdio);
    await gone(place, stdio);
  });
}

/** The pod that runs the session's server, by a tool that shows the environment. */
async function hostOf(session: Awaited<ReturnType<typeof openSession>>): Promise<string> {
  const answer = await session.callTool({ name: "get-env", arguments: {} });
  return /HOSTNAME[^\w]+([\w-]+)/.exec(JSON.stringify(answer))?.[1] ?? "none";
}

async function idsOf(place: Place, name: string, serves: "clients" | "proxy"): Promise<string[]> {
  return (await place.pods(name, serves)).map(({ metadata }) => metadata.uid ?? "").toSorted();
}

/** What the mistakes and the changes refer to. */
async function makeSettings({ client, namespace }: Place): Promise<void> {
  const tools = { apiVersion: "mcp.stacklok.com/v1alpha1", kind: "ToolConfig" };
  const profile = { network: { outbound: { allow_host: ["api.example.com"] } } };
  await client.apply(Secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "keys", namespace },
    data: { API_KEY: Buffer.from("secret").toString("base64") },
  });
  await client.apply(ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "settings", namespace },
    data: { "profile.json": JSON.stringify(profile) },
  });
  await client.apply(ToolConfig, {
    ...tools,
    metadata: { name: "colliding", namespace },
    spec: { filter: ["echo", "get-sum"], override: { echo: { name: "get-sum" } } },
  });
  await client.apply(ToolConfig, {
    ...tools,
    metadata: { name: "few", namespace },
    spec: { filter: ["echo"], override: { echo: { name: "say" } } },
  });
}

async function gone({ client, namespace }: Place, name: string): Promise<void> {
  const labelSelector = `app.kubernetes.io/instance=${name}`;
  await eventually(`nothing of "${name}" is left`, 90_000, async () => {
    const lists = await Promise.all([
      client.list(Deployment, { namespace, labelSelector }),
      client.list(StatefulSet, { namespace, labelSelector }),
      client.list(Service, { namespace, labelSelector }),
      client.list(ConfigMap, { namespace, labelSelector }),
      client.list(Secret, { namespace, labelSelector }),
      client.list(ServiceAccount, { namespace, labelSelector }),
      client.list(NetworkPolicy, { namespace, labelSelector }),
    ]);
    const left = lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
    if (left.length > 0) throw new Error(left.join(", "));
    return true;
  });
}
