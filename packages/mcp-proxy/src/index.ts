export { type ParsedRunConfig, parseRunConfig } from "./run-config/parse.ts";
export { type ProcessPolicy, RunConfig } from "./run-config/schema.ts";
export type {
  BridgeUpstream,
  CommandUpstream,
  PodsUpstream,
  RemoteUpstream,
  Upstream,
} from "./run-config/upstream-schema.ts";
