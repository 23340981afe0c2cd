import { once } from "node:events";
import { connect } from "node:net";
import { eventually } from "./eventually.ts";

/**
 * Resolves once something accepts connections at the address of `url`. A node learns of a Service's new endpoints a
 * moment after everyone else: kube-proxy looks once a second.
 */
export async function whenReachable(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  await eventually(`${url} accepts connections`, 10_000, async () => {
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, "connect");
    socket.destroy();
    return true;
  });
}
