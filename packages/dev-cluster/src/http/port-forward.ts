import type { WebSocket } from "ws";
import type { PodConnection } from "../cluster-api.ts";
import { SpdyConnection, type SpdyStream } from "../spdy/connection.ts";

/** The subprotocol by which kubectl carries SPDY through a WebSocket. */
export const portForwardProtocol = "SPDY/3.1+portforward.k8s.io";

const bufferLimitBytes = 32 * 1024 * 1024;

/** Connects to a port of the pod. */
export type Connect = (port: number) => Promise<PodConnection>;

/**
 * Serves `kubectl port-forward`: each forwarded connection is a pair of streams, one for its data and one for its error.
 * Source: KEP 4006, and `portforward.k8s.io` of kubelet's streaming server.
 */
export function runPortForward(socket: WebSocket, connect: Connect): Promise<void> {
  const send = (frame: Buffer) => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(frame);
    if (socket.bufferedAmount > bufferLimitBytes) socket.terminate();
  };
  const errors = new Map<string, SpdyStream>();
  const connection = new SpdyConnection(send, (stream) => {
    const request = stream.headers.get("requestid") ?? "";
    if (stream.headers.get("streamtype") === "error") errors.set(request, stream);
    else {
      const error = errors.get(request);
      errors.delete(request);
      void forward(stream, error, connect);
    }
  });
  return new Promise((resolve, reject) => {
    socket.on("message", (data: Buffer) => connection.receive(data).catch(reject));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      connection.close();
      resolve();
    });
  });
}

async function forward(stream: SpdyStream, error: SpdyStream | undefined, connect: Connect): Promise<void> {
  const port = Number(stream.headers.get("port"));
  const early: Buffer[] = [];
  let ended = false;
  stream.onData = (chunk) => early.push(chunk);
  stream.onEnd = () => {
    ended = true;
  };
  try {
    const target = await connect(port);
    stream.onReset = () => target.destroy();
    for (const chunk of early) await target.write(chunk);
    stream.onData = (chunk) => void target.write(chunk);
    stream.onEnd = () => target.end();
    if (ended) target.end();
    for await (const chunk of target.readable) stream.write(chunk);
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    error?.write(Buffer.from(`an error occurred forwarding ${port}: ${why}`));
  }
  error?.end();
  stream.end();
}
