export { inheritedEnvironment } from "./environment.ts";
export type { ProxyStatus } from "./http/probes.ts";
export { createLog, type Log, type LogLevel } from "./observability/log.ts";
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
export type {
  HandshakeFailure,
  HandshakeOptions,
  HandshakeResult,
  ServerDescription,
  ServerInfo,
} from "./upstream/handshake.ts";
export { handshake } from "./upstream/handshake-with.ts";
