import { fileURLToPath } from "node:url";

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export type RequirementSet = "2025-11-25" | "2026-07-28";
type Era = "legacy" | "modern" | "dual";

/** One combination of client era, proxy and server that the official suite runs against. */
export interface Cell {
  readonly proxy: string;
  /** What the suite's client speaks, and which scenarios are scored. */
  readonly requirements: RequirementSet;
  readonly server: string;
  /** Starts the proxy on this port, and what it needs on the next one. */
  command(port: number): readonly string[];
  /** Scenarios that cannot pass, with the reason; everything else must. Undefined: the cell is only reported. */
  readonly impossible: Readonly<Record<string, string>> | undefined;
}

/** A server, and what makes the proxy serve it. */
interface ServerKind {
  readonly name: string;
  readonly era: Era;
  /** A program that has to run beside the proxy. */
  beside?(port: number): readonly string[];
  /** The end of the proxy's command line. */
  upstream(port: number): readonly string[];
}

const quiet = ["--log-level", "error"];
const fixture = (era: Era) => [process.execPath, root("packages/mcp-proxy/src/testing/fixture-server/main.ts"), era];
const moorage = (port: number, upstream: readonly string[]) => [
  ...[process.execPath, root("apps/proxy/src/main.ts"), "--port", String(port)],
  ...quiet,
  ...upstream,
];
const overStdio = (era: Era): ServerKind => ({
  name: `${era} stdio`,
  era,
  upstream: () => ["--", ...fixture(era)],
});
/** Our own proxy in front of the fixture: it speaks the transport, and the newest era that its client asks for. */
const overProxy = (name: string, era: Era, path: string): ServerKind => ({
  name,
  era,
  beside: (port) => moorage(port, ["--", ...fixture(era)]),
  upstream: (port) => ["--url", `http://127.0.0.1:${port}${path}`],
});

const servers: readonly ServerKind[] = [
  ...(["legacy", "modern", "dual"] as const).map(overStdio),
  {
    name: "legacy HTTP",
    era: "legacy",
    beside: (port) => [
      process.execPath,
      root("tools/test-mcp/legacy-http-server.ts"),
      String(port),
      ...fixture("legacy"),
    ],
    upstream: (port) => ["--url", `http://127.0.0.1:${port}/mcp`],
  },
  overProxy("modern HTTP", "modern", "/mcp"),
  overProxy("HTTP+SSE", "legacy", "/sse"),
];

const keyOfItsOwn = {
  "input-required-result-basic-elicitation": "asks for the key user_name, which a legacy server cannot choose",
};
const requirementSets = ["2025-11-25", "2026-07-28"] as const;

/** Every era and transport of servers, with clients of both eras. */
export const ownCells: readonly Cell[] = servers.flatMap((server) =>
  requirementSets.map((requirements) => ({
    proxy: "moorage",
    requirements,
    server: server.name,
    command: (port) => beside(server.beside?.(port + 1), moorage(port, server.upstream(port + 1))),
    impossible: requirements === "2026-07-28" && server.era === "legacy" ? keyOfItsOwn : {},
  })),
);

/** The peers in front of the same stdio servers, for the table: they bridge nothing else. */
export const peerCells: readonly Cell[] = (["legacy", "modern", "dual"] as const).flatMap((era) =>
  requirementSets.flatMap((requirements) => [
    {
      proxy: "mcp-proxy",
      requirements,
      server: `${era} stdio`,
      command: (port: number) => [
        ...["npx", "-y", "mcp-proxy@6.7.19", "--host", "127.0.0.1", "--port", String(port)],
        ...["--upstreamProtocol", "auto", "--", ...fixture(era)],
      ],
      impossible: undefined,
    },
    {
      proxy: "supergateway",
      requirements,
      server: `${era} stdio`,
      command: (port: number) => [
        ...["npx", "-y", "supergateway@4.0.0", "--stdio", fixture(era).join(" ")],
        ...["--outputTransport", "streamableHttp", "--stateful", "--port", String(port), "--logLevel", "none"],
      ],
      impossible: undefined,
    },
  ]),
);

/** The proxy's command, with another program that ends with it. */
function beside(other: readonly string[] | undefined, proxy: readonly string[]): readonly string[] {
  return other ? ["bash", "-c", `${quoted(other)} & trap 'kill %1' EXIT; ${quoted(proxy)}`] : proxy;
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(" ");
}
