import type { IncomingMessage } from "node:http";
import type { Server } from "node:https";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { keyOf } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { ApiError, badRequest } from "../status/api-error.ts";
import { encodeJson } from "../store/json.ts";
import type { ApiServerParts } from "./api-server.ts";
import { runExecOverSocket } from "./exec-socket.ts";
import { chooseContainer, nodeHandlers, podKey } from "./pod-logs.ts";
import type { LogError } from "./server.ts";
import { StreamAccess } from "./stream-access.ts";

const execProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/** Serves `exec` and `attach` of pods over WebSockets. Source: remotecommand's `v5.channel.k8s.io`. */
export function servePodStreams(parts: ApiServerParts, server: Server, logError: LogError): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 32 * 1024 * 1024,
    handleProtocols: (offered) => execProtocols.find((protocol) => offered.has(protocol)) ?? false,
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // The client may go at any time; there is no one left to tell then.
    socket.on("error", () => socket.destroy());
    try {
      const run = prepare(parts, request);
      sockets.handleUpgrade(request, socket, head, (webSocket) => void settle(run(webSocket), webSocket, logError));
    } catch (error) {
      refuse(socket, error, logError);
    }
  });
}

/** Checks the request and says how to serve it once it is upgraded. @throws ApiError */
function prepare(parts: ApiServerParts, request: IncomingMessage): (socket: WebSocket) => Promise<void> {
  const { path, query } = new StreamAccess(parts).check(request);
  if (path.resource !== "pods" || !["exec", "attach"].includes(path.subresource)) {
    throw badRequest(`Upgrade is not supported for ${path.resource}/${path.subresource}: use pods/exec or pods/attach`);
  }
  const offered = String(request.headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((name) => name.trim());
  if (!offered.some((name) => execProtocols.includes(name))) {
    throw badRequest(
      `unable to upgrade: client offered ${JSON.stringify(offered)}, supported are ${execProtocols.join(", ")}`,
    );
  }
  const pod = parts.core.registry.get(
    resourceOfPods(parts),
    keyOf({ namespaced: true }, path.namespace, path.name),
  ).object;
  const handlers = nodeHandlers(parts, pod);
  const container = chooseContainer(pod, query.get("container") ?? "");
  const isSet = (name: string) => ["true", "1"].includes(query.get(name) ?? "");
  const command = query.getAll("command");
  if (path.subresource === "exec" && command.length === 0)
    throw badRequest("you must specify at least one command for the container");
  const options = {
    container,
    command,
    stdin: isSet("stdin"),
    stdout: isSet("stdout"),
    stderr: isSet("stderr"),
    tty: isSet("tty"),
  };
  return (socket) => runExecOverSocket(socket, (streams) => handlers.exec(podKey(path), options, streams));
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
