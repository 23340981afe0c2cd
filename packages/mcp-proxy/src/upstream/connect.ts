import type { Connect, Pin } from "../connection.ts";
import type { Log } from "../observability/log.ts";
import type { Principal } from "../principal.ts";
import type { PodsUpstream, RemoteUpstream, Upstream } from "../run-config/upstream-schema.ts";
import { connectSSE } from "../transports/sse/connect.ts";
import { startChild } from "../transports/stdio/child-process.ts";
import { connectChannel } from "../transports/stdio/connect.ts";
import { openBridge } from "../transports/stdio/tcp-bridge.ts";
import { connectStreamableHTTP } from "../transports/streamable-http/connect.ts";
import { ToolHeaders } from "../transports/streamable-http/tool-headers.ts";
import { AddressBook } from "./address-book.ts";
import { type Credentials, type HTTPEndpoint, podEndpoint, remoteEndpoint } from "./http-endpoint.ts";

export interface UpstreamOptions {
  /** The environment that child processes start from; `upstream.env` is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Largest message from the server, in bytes. */
  readonly maximumBytes: () => number;
  readonly log: Log;
  /** Headers that authenticate us at an HTTP server, for calls of a principal. */
  readonly credentials?: (principal: Principal) => Promise<Record<string, string>> | undefined;
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
  const toolHeaders = new ToolHeaders();
  return (receiver, { pin, principal }) =>
    connectHTTP(
      endpointOf(pin, () => options.credentials?.(principal)),
      receiver,
      { maximumBytes: options.maximumBytes(), toolHeaders, ...(pin && { pin }) },
    );
}

function endpointsOf(
  upstream: RemoteUpstream | PodsUpstream,
): (pin: Pin | undefined, credentials: Credentials) => HTTPEndpoint {
  if ("url" in upstream) return (_pin, credentials) => remoteEndpoint(upstream, credentials);
  const addresses = new AddressBook(upstream.host);
  return (pin, credentials) => podEndpoint(upstream, { addresses, preferred: pin?.address, credentials });
}
