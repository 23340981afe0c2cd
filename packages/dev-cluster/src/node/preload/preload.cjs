"use strict";
/**
 * Loaded into every Node.js program of a pod (NODE_OPTIONS=--require). It gives a process two things that a
 * container gets from its network namespace:
 *
 * 1. An address of its own. A server that listens on all interfaces or on localhost listens on the pod's address,
 *    and a connection to localhost goes there if the port is one of the pod's.
 * 2. The cluster's names. `NAME.NAMESPACE.svc` and its short forms resolve by a hosts file that the node keeps current.
 *
 * Plain JavaScript, because stripping types would cost each program 40 ms. It must not fail: without its
 * variables it does nothing.
 */
const net = require("node:net");
const dns = require("node:dns");
const { readFileSync, statSync } = require("node:fs");
const nodeModule = require("node:module");

const { env } = process;
const { MOORAGE_POD_IP: podIP, MOORAGE_NAMES_FILE: namesFile, MOORAGE_NAMESPACE: namespace = "default" } = env;
const podPorts = new Set((env.MOORAGE_POD_PORTS ?? "").split(",").filter(Boolean).map(Number));
const everywhere = new Set(["0.0.0.0", "::", "::0", "localhost", "127.0.0.1", "::1", "[::1]", "[::]"]);

if (podIP) {
  listenOnPodAddress();
  reachPodOverLocalhost();
}
if (namesFile) resolveClusterNames();
// Node.js keeps compiled code for the next start when a program exits by itself; servers end by a signal.
if (env.NODE_COMPILE_CACHE) setTimeout(() => nodeModule.flushCompileCache?.(), 3000).unref();

function listenOnPodAddress() {
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function (...args) {
    this.once("listening", () => {
      const address = this.address();
      if (address && typeof address === "object") podPorts.add(address.port);
    });
    return listen.apply(this, withPodAddress(args));
  };
}

/** The forms of `listen` are (port, host?, backlog?, callback?), ({port, host, …}, callback?), (path), (handle). */
function withPodAddress(args) {
  const [first, second, ...rest] = args;
  if (first !== null && typeof first === "object" && isPort(first.port)) {
    return isEverywhere(first.host) && !first.path
      ? [{ ...first, host: podIP, ipv6Only: undefined }, ...args.slice(1)]
      : args;
  }
  if (typeof first === "function") return [0, podIP, first];
  if (first === undefined || first === null)
    return [0, podIP, ...args.slice(1).filter((arg) => typeof arg !== "string")];
  if (!isPort(first)) return args;
  if (typeof second === "string") return everywhere.has(second) ? [first, podIP, ...rest] : args;
  return [first, podIP, ...args.slice(1).filter((arg) => arg !== undefined && arg !== null)];
}

function isPort(value) {
  return typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value));
}

function isEverywhere(host) {
  return host === undefined || host === null || host === "" || everywhere.has(host);
}

function reachPodOverLocalhost() {
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (...args) {
    return connect.apply(this, withPodTarget(args));
  };
}

/** The forms of `connect` are ({port, host, …}, callback?), (port, host?, callback?), (path), and Node's own ([options, callback]). */
function withPodTarget(args) {
  const [first] = args;
  const options = Array.isArray(first) ? first[0] : first;
  if (options !== null && typeof options === "object") {
    if (isOwnPort(options.port) && isLocalhost(options.host)) redirect(options);
    return args;
  }
  const host = typeof args[1] === "string" ? args[1] : undefined;
  if (!isOwnPort(first) || !isLocalhost(host)) return args;
  return [{ port: Number(first), host: podIP }, ...args.filter((arg) => typeof arg === "function")];
}

function redirect(options) {
  options.host = podIP;
  options.lookup = undefined;
  options.family = 4;
}

function isOwnPort(port) {
  return isPort(port) && podPorts.has(Number(port));
}

function isLocalhost(host) {
  return host === undefined || host === null || host === "localhost" || host === "127.0.0.1" || host === "::1";
}

function resolveClusterNames() {
  const { lookup } = dns;
  const promised = dns.promises.lookup;
  const patched = (hostname, options, callback) => {
    const done = typeof options === "function" ? options : callback;
    const found = addressesOf(hostname);
    if (found === undefined || typeof done !== "function") return lookup(hostname, options, callback);
    const all = typeof options === "object" && options !== null && options.all;
    process.nextTick(() => (all ? done(null, found.map(toEntry)) : done(null, found[0], 4)));
    return {};
  };
  dns.lookup = patched;
  dns.promises.lookup = async (hostname, options) => {
    const found = addressesOf(hostname);
    if (found === undefined) return promised(hostname, options);
    return options?.all ? found.map(toEntry) : toEntry(found[0]);
  };
  nodeModule.syncBuiltinESMExports();
}

function toEntry(address) {
  return { address, family: 4 };
}

let names = new Map();
let version = "";

/** The addresses of a cluster name in any of its forms; the first of several changes from call to call. */
function addressesOf(hostname) {
  if (typeof hostname !== "string" || net.isIP(hostname) || hostname === "localhost" || hostname === "")
    return undefined;
  refresh();
  const name = hostname.toLowerCase().replace(/\.$/, "");
  const search = ["", `.${namespace}.svc.cluster.local`, ".svc.cluster.local", ".cluster.local"];
  const found = search.map((suffix) => names.get(name + suffix)).find((addresses) => addresses !== undefined);
  if (found === undefined) return undefined;
  const start = Math.floor(Math.random() * found.length);
  return [...found.slice(start), ...found.slice(0, start)];
}

function refresh() {
  try {
    const { mtimeMs, ino, size } = statSync(namesFile);
    const current = `${mtimeMs} ${ino} ${size}`;
    if (current === version) return;
    names = parse(readFileSync(namesFile, "utf8"));
    version = current;
  } catch {
    // Without the file the cluster has no names; other names resolve as ever.
    names = new Map();
  }
}

function parse(text) {
  const parsed = new Map();
  for (const line of text.split("\n")) {
    const [address, ...hosts] = line.split(/\s+/);
    for (const host of hosts.filter(Boolean)) parsed.set(host, [...(parsed.get(host) ?? []), address]);
  }
  return parsed;
}
