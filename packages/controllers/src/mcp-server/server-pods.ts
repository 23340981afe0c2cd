import type { Container, PodTemplateSpec } from "@moorage/kube-types/core-v1";
import type { MCPServer } from "@moorage/resources";
import type { Images } from "../pods/images.ts";
import { withPodTemplatePatch } from "../pods/pod-template.ts";
import { packageCommand } from "../pods/source.ts";
import type { Model } from "./model.ts";
import { childLabels, type Serves, selectorLabels, serverContainer } from "./names.ts";
import { restrictedContainer, restrictedPod } from "./security.ts";

/** Where the init container puts the stdio bridge. */
const bridgeFolder = "/moorage/bridge";

/**
 * The pods that run the MCP server itself, with `spec.podTemplateSpec` merged in.
 *
 * @throws StrategicMergeError when that patch does not fit; `podTemplateCondition` tells so beforehand.
 */
export function serverPodTemplate(server: MCPServer, model: Model, images: Images): PodTemplateSpec {
  return withPodTemplatePatch(ownPodTemplate(server, model, images), server.spec.podTemplateSpec);
}

function ownPodTemplate(server: MCPServer, model: Model, images: Images): PodTemplateSpec {
  const serves: Serves = model.proxied ? "proxy" : "clients";
  const { serviceAccountName } = server.spec;
  const stdio = model.transport === "stdio";
  return {
    metadata: {
      labels: { ...childLabels(model.name), ...selectorLabels(model.name, serves) },
      // A sidecar of podTemplateSpec may come first; kubectl logs and exec mean the server all the same.
      annotations: { "kubectl.kubernetes.io/default-container": serverContainer },
    },
    spec: {
      ...(stdio && { initContainers: [bridgeInstaller(images)] }),
      containers: [serverContainerOf(server, model, images)],
      volumes: [{ name: "tmp", emptyDir: {} }, ...(stdio ? [{ name: "bridge", emptyDir: {} }] : [])],
      automountServiceAccountToken: serviceAccountName !== undefined,
      ...(serviceAccountName && { serviceAccountName }),
      // busybox's nc, as process 1, ignores SIGTERM: this is how long calls in flight have to finish.
      ...(stdio && { terminationGracePeriodSeconds: 10 }),
      securityContext: restrictedPod,
    },
  };
}

function serverContainerOf(server: MCPServer, model: Model, images: Images): Container {
  const { env = [], envFrom = [], secretName, resources } = server.spec;
  const secrets = secretName ? [{ secretRef: { name: secretName } }] : [];
  return {
    name: serverContainer,
    image: model.source.kind === "oci" ? model.source.image : images.runner,
    ...programOf(server, model),
    ports: [{ name: "mcp", containerPort: model.serverPort, protocol: "TCP" }],
    env: withPort(env, model),
    ...(envFrom.length + secrets.length > 0 && { envFrom: [...envFrom, ...secrets] }),
    ...(resources && { resources }),
    ...probesOf(model),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      ...(model.transport === "stdio" ? [{ name: "bridge", mountPath: bridgeFolder, readOnly: true }] : []),
    ],
    securityContext: restrictedContainer,
  };
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

/** Tells an HTTP server its port the way most of them read it; a PORT of the user's own wins. */
function withPort(env: NonNullable<Container["env"]>, { transport, serverPort }: Model): NonNullable<Container["env"]> {
  if (transport === "stdio" || env.some(({ name }) => name === "PORT")) return env;
  return [...env, { name: "PORT", value: String(serverPort) }];
}

/**
 * A directly run server answers `GET /health` (document S5). Behind the proxy it is ready once it accepts
 * connections, and the proxy does the MCP handshake. A stdio bridge must not be probed: each connection starts a process.
 */
function probesOf({ transport, proxied }: Model): Pick<Container, "livenessProbe" | "readinessProbe"> {
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
    volumeMounts: [{ name: "bridge", mountPath: bridgeFolder }],
    securityContext: restrictedContainer,
  };
}
