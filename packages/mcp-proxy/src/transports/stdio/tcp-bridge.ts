import { connect, type LookupFunction } from "node:net";
import type { Ending } from "../../connection.ts";
import type { BridgeUpstream } from "../../run-config/upstream-schema.ts";
import type { AddressBook, Lease } from "../../upstream/address-book.ts";
import type { Channel } from "./channel.ts";

const connectTimeoutMs = 10_000;
const attemptTimeoutMs = 3_000;
const closePatienceMs = 2000;
const keepAliveMs = 30_000;

export interface BridgeOptions {
  readonly addresses: AddressBook;
  /** The address to stay with, if it is still one of the server's. */
  readonly address?: string;
}

/**
 * Connects to a stdio server behind a TCP bridge that starts a process per connection (`nc -ll -e`).
 * The end of the connection is the end of the process: its input is closed.
 */
export function openBridge(upstream: BridgeUpstream, options: BridgeOptions): Channel {
  const lease = options.addresses.lease(options.address);
  const socket = connect({
    host: upstream.host,
    port: upstream.port,
    lookup: lookupFrom(lease),
    // A pod that is not there yet, or not any more, refuses: then the next address is tried.
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptTimeoutMs,
    noDelay: true,
    // A half-open peer is found by the keep-alive probes of the operating system.
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  });
  const where = () => `${upstream.host}:${upstream.port}${lease.current ? ` (${lease.current})` : ""}`;
  const { promise: ended, resolve } = Promise.withResolvers<Ending>();
  const tooSlow = () => socket.destroy(new Error(`no connection within ${connectTimeoutMs / 1000} s`));
  const timer = setTimeout(tooSlow, connectTimeoutMs);
  let connected = false;
  let failure: Error | undefined;
  socket.once("connect", () => {
    connected = true;
    clearTimeout(timer);
    if (socket.remoteAddress) lease.moveTo(socket.remoteAddress);
  });
  socket.once("error", (error) => {
    failure = error;
  });
  socket.once("close", () => {
    clearTimeout(timer);
    lease.release();
    resolve(connected ? lost(where(), failure) : notConnected(where(), failure));
  });
  return {
    get address() {
      return lease.current ?? upstream.host;
    },
    input: socket,
    output: socket,
    ended,
    async close() {
      socket.end();
      const late = setTimeout(() => socket.destroy(), closePatienceMs);
      await ended;
      clearTimeout(late);
    },
  };
}

function lookupFrom(lease: Lease): LookupFunction {
  const withFamily = (address: string) => ({ address, family: address.includes(":") ? 6 : 4 });
  return (_host, options, done) => {
    lease.candidates.then(
      (addresses) => {
        const [first = withFamily(""), ...others] = addresses.map(withFamily);
        if (options.all) done(null, [first, ...others]);
        else done(null, first.address, first.family);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), ""),
    );
  };
}

function notConnected(where: string, failure: Error | undefined): Ending {
  // Where several addresses were tried, the first one's error says as much as any.
  const [first] = failure instanceof AggregateError ? failure.errors : [failure];
  const why = first instanceof Error ? first.message : "the connection was closed";
  const notResolved = failure !== undefined && "syscall" in failure && failure.syscall === "getaddrinfo";
  return notResolved
    ? {
        reason: "HostNotFound",
        message: `Cannot resolve ${where}: ${why}: the name is wrong, or no pod behind it is ready`,
        unused: true,
      }
    : {
        reason: "ConnectionRefused",
        message: `Cannot connect to ${where}: ${why}: is the server running?`,
        unused: true,
      };
}

function lost(where: string, failure: Error | undefined): Ending {
  return failure
    ? { reason: "ConnectionLost", message: `The connection to ${where} broke: ${failure.message}` }
    : { reason: "ServerExited", message: `The server at ${where} exited or closed the connection: see its log` };
}
