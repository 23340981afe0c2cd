export { findPolicyProblem } from "./authz/find-policy-problem.ts";
export type { Call, Layer } from "./call.ts";
export type { Connect, Connection, Ending, Receiver } from "./connection.ts";
export { inheritedEnvironment } from "./environment.ts";
export type { ProxyStatus } from "./http/probes.ts";
export { createLog, type Log, type LogLevel } from "./observability/log.ts";
export type { Plugin, PluginCall, PluginResource, PluginTool } from "./plugins/plugin.ts";
export type { Principal } from "./principal.ts";
export { ProxyError } from "./proxy-error.ts";
export { ProxyServer, type ProxyServerOptions } from "./proxy-server.ts";
export { type ParsedRunConfig, parseRunConfig } from "./run-config/parse.ts";
export { type ProcessPolicy, RunConfig } from "./run-config/schema.ts";
export type {
  BridgeUpstream,
  CommandUpstream,
  PodsUpstream,
  RemoteUpstream,
  Upstream,
} from "./run-config/upstream-schema.ts";
export { FileWatch } from "./run-config/watch-file.ts";
export type { Channel } from "./transports/stdio/channel.ts";
export { connectChannel } from "./transports/stdio/connect.ts";
export type {
  HandshakeFailure,
  HandshakeOptions,
  HandshakeResult,
} from "./upstream/handshake.ts";
export { handshake } from "./upstream/handshake-with.ts";
export type { ServerDescription, ServerInfo } from "./upstream/server-description.ts";
