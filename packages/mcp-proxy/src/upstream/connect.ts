import type { Connect, Pin } from "../connection.ts";
import type { Log } from "../observability/log.ts";
import type { PodsUpstream, RemoteUpstream, Upstream } from "../run-config/upstream-schema.ts";
import { connectSSE } from "../transports/sse/connect.ts";
import { startChild } from "../transports/stdio/child-process.ts";
import { connectChannel } from "../transports/stdio/connect.ts";
import { openBridge } from "../transports/stdio/tcp-bridge.ts";
import { connectStreamableHTTP } from "../transports/streamable-http/connect.ts";
import { AddressBook } from "./address-book.ts";
import { type HTTPEndpoint, podEndpoint, remoteEndpoint } from "./http-endpoint.ts";

export interface UpstreamOptions {
  /** The environment that child processes start from; `upstream.env` is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Largest message from the server, in bytes. */
  readonly maximumBytes: () => number;
  readonly log: Log;
}

/** How to open a conversation with the configured server. */
export function connectTo(upstream: Upstream, options: UpstreamOptions): Connect {
  if ("command" in upstream) {
    const onStderr = (text: string) =>
      options.log.info({ text: text.trimEnd() }, "The server wrote to its standard error");
    return (receiver) => {
      const channel = startChild(upstream, { environment: options.environment, onStderr });
      return connectChannel(channel, receiver, { maximumBytes: options.maximumBytes() });
    };
  }
  if (upstream.transport === "stdio") {
    const addresses = new AddressBook(upstream.host);
    return (receiver, { pin }) => {
      const channel = openBridge(upstream, { addresses, ...(pin?.address && { address: pin.address }) });
      return connectChannel(channel, receiver, { maximumBytes: options.maximumBytes() });
    };
  }
  const connectHTTP = upstream.transport === "sse" ? connectSSE : connectStreamableHTTP;
  const endpointOf = endpointsOf(upstream);
  return (receiver, { pin }) =>
    connectHTTP(endpointOf(pin), receiver, { maximumBytes: options.maximumBytes(), ...(pin && { pin }) });
}

function endpointsOf(upstream: RemoteUpstream | PodsUpstream): (pin: Pin | undefined) => HTTPEndpoint {
  if ("url" in upstream) return () => remoteEndpoint(upstream);
  const addresses = new AddressBook(upstream.host);
  return (pin) => podEndpoint(upstream, addresses, pin?.address);
}
