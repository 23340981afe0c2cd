import type { Container, PodTemplateSpec } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import type { Images } from "../../pods/images.ts";
import { withPodTemplatePatch } from "../../pods/pod-template.ts";
import { packageCommand } from "../../pods/source.ts";
import type { Model } from "../model.ts";
import { childLabels, configMapName, type Serves, selectorLabels, serverContainer } from "../names.ts";
import { configFile } from "./config-map.ts";
import { restrictedContainer, securityOf } from "./security.ts";
import { serverResources } from "./server-resources.ts";

/** Where the init container puts the stdio bridge. */
const bridgeFolder = "/moorage/bridge";

/** Where the server finds `spec.config`. */
const configFolder = "/etc/mcp-config";

export interface ServerPodsInput {
  images: Images;
  /** Of what the server reads when it starts: a change rolls its pods. */
  hashes: { config?: string; inputs?: string };
}

/**
 * The pods that run the MCP server itself, with `spec.podTemplateSpec` merged in.
 *
 * @throws StrategicMergeError when that patch does not fit; `podTemplateCondition` tells so beforehand.
 */
export function serverPodTemplate(server: MCPServer, model: Model, input: ServerPodsInput): PodTemplateSpec {
  return withPodTemplatePatch(ownPodTemplate(server, model, input), server.spec.podTemplateSpec);
}

function ownPodTemplate(server: MCPServer, model: Model, { images, hashes }: ServerPodsInput): PodTemplateSpec {
  const serves: Serves = model.proxied ? "proxy" : "clients";
  const { serviceAccountName, volumes = [] } = server.spec;
  const stdio = model.transport === "stdio";
  return {
    metadata: {
      labels: { ...childLabels(model.name), ...selectorLabels(model.name, serves) },
      annotations: {
        // A sidecar of podTemplateSpec may come first; kubectl logs and exec mean the server all the same.
        "kubectl.kubernetes.io/default-container": serverContainer,
        ...(hashes.config && { "mcp.moorage.dev/config-hash": hashes.config }),
        ...(hashes.inputs && { "mcp.moorage.dev/inputs-hash": hashes.inputs }),
      },
    },
    spec: {
      ...(stdio && { initContainers: [bridgeInstaller(images)] }),
      containers: [serverContainerOf(server, model, images)],
      volumes: [
        { name: "moorage-tmp", emptyDir: {} },
        ...(stdio ? [{ name: "moorage-bridge", emptyDir: {} }] : []),
        ...(server.spec.config ? [{ name: "moorage-config", configMap: { name: configMapName(model.name) } }] : []),
        ...volumes,
      ],
      automountServiceAccountToken: serviceAccountName !== undefined,
      ...(serviceAccountName && { serviceAccountName }),
      // busybox's nc, as process 1, ignores SIGTERM: this is how long calls in flight have to finish.
      ...(stdio && { terminationGracePeriodSeconds: 10 }),
      securityContext: securityOf(server).pod,
    },
  };
}

function serverContainerOf(server: MCPServer, model: Model, images: Images): Container {
  const { env = [], envFrom = [], secretName } = server.spec;
  const secrets = secretName ? [{ secretRef: { name: secretName } }] : [];
  return {
    name: serverContainer,
    image: model.source.kind === "oci" ? model.source.image : images.runner,
    ...programOf(server, model),
    ports: [{ name: "mcp", containerPort: model.serverPort, protocol: "TCP" }],
    env: environmentOf(server, env, model),
    ...(envFrom.length + secrets.length > 0 && { envFrom: [...envFrom, ...secrets] }),
    resources: serverResources(server),
    ...probesOf(server, model),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: volumeMountsOf(server),
    securityContext: securityOf(server).container,
  };
}

function volumeMountsOf({ spec }: MCPServer): NonNullable<Container["volumeMounts"]> {
  const { volumeMounts = [] } = spec;
  return [
    // A volume of the user's own at /tmp takes the place of ours.
    ...(volumeMounts.some(({ mountPath }) => mountPath === "/tmp") ? [] : [{ name: "moorage-tmp", mountPath: "/tmp" }]),
    ...(spec.transport === "stdio" ? [{ name: "moorage-bridge", mountPath: bridgeFolder, readOnly: true }] : []),
    ...(spec.config ? [{ name: "moorage-config", mountPath: configFolder, readOnly: true }] : []),
    ...volumeMounts,
  ];
}

/** `command` and `args` of the server's container. */
function programOf(server: MCPServer, { source, transport, serverPort }: Model): Pick<Container, "command" | "args"> {
  const { command = [], args = [] } = server.spec;
  if (transport !== "stdio" && source.kind === "oci") {
    return { ...(command.length > 0 && { command }), ...(args.length > 0 && { args }) };
  }
  const program = source.kind === "oci" ? command : packageCommand(source);
  if (transport !== "stdio") return { command: [...program, ...args] };
  // busybox's nc: one process per connection, with its standard streams on the connection.
  const bridge = [`${bridgeFolder}/nc`, "-ll", "-p", String(serverPort), "-e"];
  return { command: [...bridge, ...program, ...args] };
}

type Environment = NonNullable<Container["env"]>;

/** Tells an HTTP server its port the way most of them read it, and where its settings are; the user's own values win. */
function environmentOf({ spec }: MCPServer, env: Environment, { transport, serverPort }: Model): Environment {
  const ours = [
    ...(transport === "stdio" ? [] : [{ name: "PORT", value: String(serverPort) }]),
    ...(spec.config ? [{ name: "MCP_CONFIG_FILE", value: `${configFolder}/${configFile}` }] : []),
  ];
  return [...env, ...ours.filter(({ name }) => !env.some((own) => own.name === name))];
}

/**
 * A directly run server answers `GET /health` (document S5). Behind the proxy it is ready once it accepts
 * connections, and the proxy does the MCP handshake. A stdio bridge must not be probed: each connection starts a process.
 */
function probesOf({ spec }: MCPServer, { transport, proxied }: Model) {
  const { probes } = spec;
  if (probes) {
    const { liveness, readiness, startup } = probes;
    return {
      ...(liveness && { livenessProbe: liveness }),
      ...(readiness && { readinessProbe: readiness }),
      ...(startup && { startupProbe: startup }),
    };
  }
  if (transport === "stdio") return {};
  if (proxied) return { readinessProbe: { tcpSocket: { port: "mcp" }, periodSeconds: 1 } };
  const probe = { httpGet: { path: "/health", port: "mcp" }, periodSeconds: 10 };
  return { livenessProbe: { ...probe, initialDelaySeconds: 15 }, readinessProbe: probe };
}

function bridgeInstaller(images: Images): Container {
  return {
    name: "bridge-install",
    image: images.moorage,
    args: ["bridge-install", bridgeFolder],
    volumeMounts: [{ name: "moorage-bridge", mountPath: bridgeFolder }],
    securityContext: restrictedContainer,
  };
}
