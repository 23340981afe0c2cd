import Type, { type Static } from "typebox";

const closed = { additionalProperties: false };
const port = Type.Integer({ minimum: 1, maximum: 65535 });
const path = Type.String({
  pattern: "^/",
  description: "Path of the endpoint. Default: `/mcp`, or `/sse` for HTTP+SSE",
});
const holdSeconds = Type.Optional(
  Type.Number({
    minimum: 0,
    maximum: 3600,
    default: 0,
    description:
      "While no server is there, requests wait this long for one instead of failing with 503, and /readyz is ready: for servers that are scaled to zero",
  }),
);
const httpTransport = Type.Union([Type.Literal("sse"), Type.Literal("streamable-http")]);

/** A server that the proxy starts itself: one child process per session. */
export const CommandUpstream = Type.Object(
  {
    transport: Type.Literal("stdio"),
    command: Type.Array(Type.String(), { minItems: 1, description: "Program and arguments; no shell is involved" }),
    env: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "Added to PATH, HOME and what a process cannot do without",
      }),
    ),
    cwd: Type.Optional(Type.String({ minLength: 1, description: "Working directory. Default: the proxy's own" })),
  },
  closed,
);

/** A stdio server behind a TCP bridge: one connection is one server process. */
export const BridgeUpstream = Type.Object(
  {
    transport: Type.Literal("stdio"),
    host: Type.String({ minLength: 1, description: "A name that resolves to every ready pod" }),
    port,
    holdSeconds,
  },
  closed,
);

/** HTTP servers behind one name; a session stays with the address that it started on. */
export const PodsUpstream = Type.Object(
  {
    transport: httpTransport,
    host: Type.String({ minLength: 1, description: "A name that resolves to every ready pod" }),
    port,
    holdSeconds,
    path: Type.Optional(path),
  },
  closed,
);

/** One HTTP server by its URL. */
export const RemoteUpstream = Type.Object(
  {
    transport: httpTransport,
    url: Type.String({ pattern: "^https?://" }),
    headersFrom: Type.Optional(
      Type.Record(Type.String(), Type.Object({ file: Type.String({ minLength: 1 }) }, closed), {
        description: "Header name → file with its value; read again when the file changes",
      }),
    ),
  },
  closed,
);

/** A server that a plug-in knows how to reach. */
export const PluginUpstream = Type.Object(
  {
    transport: Type.Literal("plugin"),
    name: Type.String({ minLength: 1, description: "The transport's name in the plug-in" }),
    options: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: "What the transport needs to know" }),
    ),
  },
  closed,
);

/** Where the MCP server is. */
export const Upstream = Type.Union([CommandUpstream, BridgeUpstream, PodsUpstream, RemoteUpstream]);

export type CommandUpstream = Static<typeof CommandUpstream>;
export type BridgeUpstream = Static<typeof BridgeUpstream>;
export type PodsUpstream = Static<typeof PodsUpstream>;
export type RemoteUpstream = Static<typeof RemoteUpstream>;
export type PluginUpstream = Static<typeof PluginUpstream>;
export type Upstream = Static<typeof Upstream>;
