import { isIP } from "node:net";
import type { MCPServer } from "@moorage/resources";
import type { Egress } from "../children/network-policy.ts";
import type { Problem } from "./find-problem.ts";

/** The outgoing part of a permission profile, in the form that ToolHive's profiles have. */
interface Outbound {
  insecure_allow_all?: unknown;
  allow_host?: unknown;
  allow_port?: unknown;
}

/** What the server may reach. `document` is the text of the ConfigMap that `spec.permissionProfile` names. */
export function permissionsOf(
  { spec }: MCPServer,
  document: string | undefined,
): { egress?: Egress } | { problem: Problem } {
  const { permissionProfile: profile } = spec;
  if (!profile) return {};
  if (profile.type === "builtin") return { egress: profile.name === "none" ? [] : [{}] };
  const outbound = parseOutbound(document ?? "");
  if (!outbound) return invalid("is not a JSON object with network.outbound: see the field's description for its form");
  if (outbound.insecure_allow_all === true) return { egress: [{}] };
  const hosts = listOf(outbound.allow_host);
  const ports = listOf(outbound.allow_port);
  if (hosts.length + ports.length === 0) return { egress: [] };
  const named = hosts.find((host) => !cidrOf(host));
  if (named !== undefined) {
    return invalid(
      `allows host "${String(named)}", which a NetworkPolicy cannot express: give addresses or CIDRs such as "10.0.0.0/8"`,
    );
  }
  const wrong = ports.find((port) => !isPort(port));
  if (wrong !== undefined) return invalid(`allows port ${JSON.stringify(wrong)}: give numbers from 1 to 65535`);
  return { egress: [ruleOf(hosts, ports)] };
}

function ruleOf(hosts: unknown[], ports: unknown[]): NonNullable<Egress>[number] {
  const peers = hosts.flatMap((host) => cidrOf(host) ?? []).map((cidr) => ({ ipBlock: { cidr } }));
  return {
    ...(peers.length > 0 && { to: peers }),
    ...(ports.length > 0 && { ports: ports.filter(isPort).map((port) => ({ port, protocol: "TCP" })) }),
  };
}

function cidrOf(host: unknown): string | undefined {
  if (typeof host !== "string") return undefined;
  const [address = "", length, ...rest] = host.split("/");
  const family = isIP(address);
  const longest = family === 6 ? 128 : 32;
  if (family === 0 || rest.length > 0) return undefined;
  if (length === undefined) return `${address}/${longest}`;
  return /^\d{1,3}$/.test(length) && Number(length) <= longest ? host : undefined;
}

function isPort(port: unknown): port is number {
  return typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65535;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function parseOutbound(text: string): Outbound | undefined {
  try {
    const profile: { network?: { outbound?: Outbound } } | null = JSON.parse(text);
    const outbound = profile?.network?.outbound;
    return typeof outbound === "object" && outbound !== null ? outbound : undefined;
  } catch {
    // The caller says what the text should have been.
    return undefined;
  }
}

function invalid(what: string): { problem: Problem } {
  return {
    problem: { reason: "PermissionProfileInvalid", message: `The profile that spec.permissionProfile names ${what}` },
  };
}
