import { connect } from "node:net";
import { type Channel, connectChannel, type Ending, type Plugin } from "@moorage/mcp-proxy";

const maximumBytes = 16 * 1024 * 1024;

/**
 * A transport of its own: MCP's stdio framing over a Unix socket, as a server on the same machine may offer it.
 * `"upstream": { "transport": "plugin", "name": "unix-socket", "options": { "path": "/run/server.sock" } }`
 */
export const plugin: Plugin = {
  name: "unix-socket",
  transports: {
    "unix-socket": ({ path }) => {
      if (typeof path !== "string")
        throw new Error('upstream.options.path: must be the path of a socket, such as "/run/server.sock"');
      return (receiver) => connectChannel(openSocket(path), receiver, { maximumBytes });
    },
  },
};

function openSocket(path: string): Channel {
  const socket = connect({ path });
  const { promise: ended, resolve } = Promise.withResolvers<Ending>();
  let unused = true;
  socket.once("connect", () => {
    unused = false;
  });
  socket.once("error", (error) =>
    resolve({ reason: "ConnectionRefused", message: `Cannot use ${path}: ${error.message}`, unused }),
  );
  socket.once("close", () =>
    resolve({ reason: "ServerExited", message: `The server at ${path} closed the connection` }),
  );
  return {
    address: path,
    input: socket,
    output: socket,
    ended,
    async close() {
      socket.end();
      socket.destroySoon();
      await ended;
    },
  };
}
