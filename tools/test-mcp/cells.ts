import { fileURLToPath } from "node:url";

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export type RequirementSet = "2025-11-25" | "2026-07-28";
export type Era = "legacy" | "modern" | "dual";

/** One combination of client era, proxy and server that the official suite runs against. */
export interface Cell {
  readonly name: string;
  /** What the suite's client speaks, and which scenarios are scored. */
  readonly requirements: RequirementSet;
  /** Starts the proxy on this port. */
  command(port: number): readonly string[];
  /** Scenarios that cannot pass, with the reason; everything else must. Undefined: the cell is only reported. */
  readonly impossible: Readonly<Record<string, string>> | undefined;
}

const fixture = (era: Era) => [process.execPath, root("packages/mcp-proxy/src/testing/fixture-server/main.ts"), era];
const proxy = [process.execPath, root("apps/proxy/src/main.ts")];
const moorage = (era: Era) => (port: number) => [
  ...proxy,
  "--port",
  String(port),
  "--log-level",
  "error",
  "--",
  ...fixture(era),
];

/** The proxy in front of itself: the inner one is an HTTP server for the outer one. */
const overHTTP = (era: Era, path: string) => (port: number) => [
  ...["bash", "-c"],
  `${quoted(moorage(era)(port + 1))} & trap 'kill %1' EXIT; ${quoted([...proxy, "--port", String(port), "--log-level", "error", "--url", `http://127.0.0.1:${port + 1}${path}`])}`,
];

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(" ");
}

const keyOfItsOwn = {
  "input-required-result-basic-elicitation": "asks for the key user_name, which a legacy server cannot choose",
};

export const ownCells: readonly Cell[] = [
  {
    name: "legacy client, legacy stdio server",
    requirements: "2025-11-25",
    command: moorage("legacy"),
    impossible: {},
  },
  {
    name: "legacy client, modern stdio server",
    requirements: "2025-11-25",
    command: moorage("modern"),
    impossible: {},
  },
  {
    name: "modern client, modern stdio server",
    requirements: "2026-07-28",
    command: moorage("modern"),
    impossible: {},
  },
  {
    name: "modern client, legacy stdio server",
    requirements: "2026-07-28",
    command: moorage("legacy"),
    impossible: keyOfItsOwn,
  },
  { name: "legacy client, dual stdio server", requirements: "2025-11-25", command: moorage("dual"), impossible: {} },
  { name: "modern client, dual stdio server", requirements: "2026-07-28", command: moorage("dual"), impossible: {} },
  {
    name: "legacy client, legacy HTTP server",
    requirements: "2025-11-25",
    command: overHTTP("legacy", "/mcp"),
    impossible: {},
  },
  {
    name: "legacy client, HTTP+SSE server",
    requirements: "2025-11-25",
    command: overHTTP("legacy", "/sse"),
    impossible: {},
  },
  {
    name: "modern client, modern HTTP server",
    requirements: "2026-07-28",
    command: overHTTP("modern", "/mcp"),
    impossible: {},
  },
];

/** The peers in front of the same server, for the table. */
export const peerCells: readonly Cell[] = (["2025-11-25", "2026-07-28"] as const).flatMap((requirements) => [
  {
    name: `mcp-proxy, ${requirements}, dual stdio server`,
    requirements,
    command: (port: number) => [
      ...["npx", "-y", "mcp-proxy@6.7.19", "--host", "127.0.0.1", "--port", String(port)],
      ...["--upstreamProtocol", "auto", "--", ...fixture("dual")],
    ],
    impossible: undefined,
  },
  {
    name: `supergateway --stateful, ${requirements}, dual stdio server`,
    requirements,
    command: (port: number) => [
      ...[
        "npx",
        "-y",
        "supergateway@4.0.0",
        "--stdio",
        fixture("dual").join(" "),
        "--outputTransport",
        "streamableHttp",
      ],
      ...["--stateful", "--port", String(port), "--logLevel", "none"],
    ],
    impossible: undefined,
  },
]);
