import { once } from "node:events";
import { connect } from "node:net";
import type { PodConnection } from "../../cluster-api.ts";

/** Opens a TCP connection to a port of a pod. @throws Error with the address and port when nothing listens there. */
export async function connectPort(host: string, port: number): Promise<PodConnection> {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  await once(socket, "connect").catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot connect to port ${port} of the pod: ${why}`, { cause: error });
  });
  // From here on a failure shows as the end of `readable`.
  socket.on("error", () => undefined);
  return {
    readable: socket,
    async write(chunk) {
      if (socket.destroyed) return;
      if (!socket.write(chunk)) await Promise.race([once(socket, "drain"), once(socket, "close")]);
    },
    end: () => socket.end(),
    destroy: () => socket.destroy(),
  };
}
