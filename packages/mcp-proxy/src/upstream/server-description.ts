import { type Era, isRecord } from "@moorage/mcp-messages";

/** A server's name for itself; both are empty where it gave none. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
}

/** What a server said of itself in a real handshake. */
export interface ServerDescription {
  readonly era: Era;
  readonly protocolVersion: string;
  readonly serverInfo: ServerInfo;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions?: string;
  /** Number of tools; 0 where the server has none. */
  readonly tools: number;
}

/** The part of a description that a server words itself, whatever else it says. */
export function described({
  serverInfo,
  capabilities,
  instructions,
}: Record<"serverInfo" | "capabilities" | "instructions", unknown>) {
  return {
    serverInfo: serverInfoOf(isRecord(serverInfo) ? serverInfo : {}),
    capabilities: isRecord(capabilities) ? capabilities : {},
    ...(typeof instructions === "string" && { instructions }),
  };
}

function serverInfoOf({ name, version, title }: Record<string, unknown>): ServerInfo {
  return {
    name: typeof name === "string" ? name : "",
    version: typeof version === "string" ? version : "",
    ...(typeof title === "string" && { title }),
  };
}
