import type { IncomingMessage } from "node:http";
import type { Server } from "node:https";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import type { PodExecOptions } from "../cluster-api.ts";
import { keyOf } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError, badRequest } from "../status/api-error.ts";
import type { ApiObject } from "../store/api-object.ts";
import { encodeJson } from "../store/json.ts";
import type { ApiServerParts, LogError } from "./api-server.ts";
import { runExecOverSocket } from "./exec-socket.ts";
import { chooseContainer, nodeHandlers, podKey } from "./pod-logs.ts";
import { portForwardProtocol, runPortForward } from "./port-forward.ts";
import { StreamAccess } from "./stream-access.ts";

const execProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const protocolsOf: Readonly<Record<string, readonly string[]>> = {
  exec: execProtocols,
  attach: execProtocols,
  portforward: [portForwardProtocol],
};
/** The subprotocol of each request that is being upgraded. */
const chosen = new WeakMap<IncomingMessage, string>();

/** Serves `exec`, `attach` and `portforward` of pods over WebSockets, as kubectl asks for them since 1.31. */
export function servePodStreams(parts: ApiServerParts, server: Server, logError: LogError): void {
  let opened: Promise<WebSocketServer> | undefined;
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const run = prepare(parts, request);
    // Loaded for the first stream: a start would be longer for it.
    opened ??= openSockets();
    const sockets = await opened;
    sockets.handleUpgrade(request, socket, head, (webSocket) => void settle(run(webSocket), webSocket, logError));
  };
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // The client may go at any time; there is no one left to tell then.
    socket.on("error", () => socket.destroy());
    void upgrade(request, socket, head).catch((error: unknown) => refuse(socket, error, logError));
  });
}

async function openSockets(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import("ws");
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 32 * 1024 * 1024 });
  return sockets.on("headers", (headers, request) => {
    const protocol = chosen.get(request);
    if (protocol) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
}

/** Checks the request and says how to serve it once it is upgraded. @throws ApiError */
function prepare(parts: ApiServerParts, request: IncomingMessage): (socket: WebSocket) => Promise<void> {
  const { path, query } = new StreamAccess(parts).check(request);
  const { resource, subresource } = path;
  const supported = resource === "pods" ? protocolsOf[subresource] : undefined;
  if (!supported) {
    throw badRequest(
      `Upgrade is not supported for ${resource}/${subresource}: use pods/exec, pods/attach or pods/portforward`,
    );
  }
  const offered = offeredProtocols(request);
  const protocol = supported.find((name) => offered.includes(name));
  if (protocol === undefined) {
    const list = supported.join(", ");
    throw badRequest(
      `unable to upgrade: the client offered ${JSON.stringify(offered)}, supported are ${list} over WebSockets`,
    );
  }
  chosen.set(request, protocol);
  // The name of the port-forward protocol is no token of RFC 6455, so the library must not see it.
  delete request.headers["sec-websocket-protocol"];
  const key = keyOf({ namespaced: true }, path.namespace, path.name);
  const pod = parts.core.registry.get(resourceOfPods(parts), key).object;
  const handlers = nodeHandlers(parts, pod);
  if (subresource === "portforward") {
    return (socket) => runPortForward(socket, (port) => handlers.connect(podKey(path), port));
  }
  const options = execOptions(query, { pod, needsCommand: subresource === "exec" });
  return (socket) => runExecOverSocket(socket, (streams) => handlers.exec(podKey(path), options, streams));
}

function offeredProtocols(request: IncomingMessage): string[] {
  return String(request.headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((name) => name.trim());
}

function execOptions(
  query: URLSearchParams,
  { pod, needsCommand }: { pod: ApiObject; needsCommand: boolean },
): PodExecOptions {
  const isSet = (name: string) => ["true", "1"].includes(query.get(name) ?? "");
  const command = query.getAll("command");
  if (needsCommand && command.length === 0) throw badRequest("you must specify at least one command for the container");
  return {
    container: chooseContainer(pod, query.get("container") ?? ""),
    command,
    stdin: isSet("stdin"),
    stdout: isSet("stdout"),
    stderr: isSet("stderr"),
    tty: isSet("tty"),
  };
}

function resourceOfPods({ core }: ApiServerParts): ResourceInfo {
  const info = core.catalog.find("", "v1", "pods");
  if (!info) throw new Error("Cannot serve pods: the catalog does not know them");
  return info;
}

async function settle(running: Promise<void>, socket: WebSocket, logError: LogError): Promise<void> {
  try {
    await running;
  } catch (error) {
    logError("A stream of a pod broke off", error);
    socket.terminate();
  }
}

function refuse(socket: Duplex, error: unknown, logError: LogError): void {
  if (!(error instanceof ApiError)) logError("Cannot upgrade a connection", error);
  const status =
    error instanceof ApiError ? error.status : new ApiError(500, "InternalError", "Internal error occurred").status;
  const body = encodeJson(status);
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason ?? "Error"}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
