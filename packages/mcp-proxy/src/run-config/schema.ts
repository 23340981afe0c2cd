import Type, { type Static } from "typebox";
import { Audit, Authorization, OIDC, RateLimits, Telemetry, TokenExchange } from "./security-schema.ts";
import { PluginUpstream, Upstream } from "./upstream-schema.ts";

const closed = { additionalProperties: false };
const seconds = (description: string, initial: number) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 604_800, default: initial, description }));
const count = (description: string, initial: number) =>
  Type.Optional(Type.Integer({ minimum: 1, default: initial, description }));
const bytes = (description: string, initial: number) =>
  Type.Optional(Type.Integer({ minimum: 1024, maximum: 512 * 1024 * 1024, default: initial, description }));
const port = Type.Integer({ minimum: 0, maximum: 65535, description: "0 takes a free port" });

/** How long sessions live, how many there may be, and which of them share a server process. */
const Sessions = Type.Object(
  {
    idleTimeoutSeconds: seconds(
      "Without a request or an open stream a session's server process is stopped after this",
      1800,
    ),
    maximum: count("Sessions at the same time; more are refused with 429", 1000),
    processPolicy: Type.Optional(
      Type.Union(
        [Type.Literal("perSession"), Type.Literal("perPrincipal"), Type.Literal("shared"), Type.Literal("perRequest")],
        {
          default: "perSession",
          description:
            "Which legacy sessions share a server process; perRequest: none, every request gets a fresh one. All but perSession cannot ask clients for anything (sampling, elicitation, roots)",
        },
      ),
    ),
    keyFile: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Keys that seal session ids, one per line; the first seals, all open; read again when the file changes. Default: a key of this process",
      }),
    ),
  },
  closed,
);

/** Which tools clients see, and under what name and description (the ToolConfig of the documents). */
export const Tools = Type.Object(
  {
    filter: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: "The server's own names; absent: all, empty: none" }),
    ),
    override: Type.Optional(
      Type.Record(
        Type.String({ minLength: 1 }),
        Type.Object(
          {
            name: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_.-]{1,128}$" })),
            description: Type.Optional(Type.String()),
          },
          closed,
        ),
        { description: "The server's own name → what clients see instead" },
      ),
    ),
  },
  closed,
);

/** Bounds on everything that comes from outside. */
const Limits = Type.Object(
  {
    requestBytes: bytes("Largest request body; a larger one is refused with 413", 16 * 1024 * 1024),
    responseBytes: bytes("Largest message from the server; a larger one fails its call only", 64 * 1024 * 1024),
    inFlight: count("Requests being worked on at the same time; more are refused with 429", 4096),
    requestTimeoutSeconds: seconds("A call fails when the server is silent for this long; progress restarts it", 300),
    maximumRequestSeconds: seconds("A call fails after this long whatever progress it reports", 3600),
    handshakeTimeoutSeconds: seconds("The server must answer the handshake within this", 30),
    keepAliveSeconds: seconds("Interval of the comments that keep idle streams open", 15),
    lingerSeconds: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 3600,
        default: 0,
        description:
          "On SIGTERM calls are still taken for so long, and their clients told to connect anew, until load balancers know; where clients still come then, for up to half of drainSeconds more",
      }),
    ),
    drainSeconds: seconds("After that calls in flight have this long to finish", 20),
  },
  closed,
);

const Listen = Type.Object(
  {
    port,
    tls: Type.Optional(
      Type.Object(
        {
          certFile: Type.String({
            minLength: 1,
            description: "Certificate, then those that lead to its authority (PEM)",
          }),
          keyFile: Type.String({ minLength: 1, description: "Private key (PEM)" }),
        },
        {
          ...closed,
          description: "HTTPS, TLS 1.2 or newer; the files are read again when they change. Default: plain HTTP",
        },
      ),
    ),
  },
  closed,
);

/**
 * What one proxy serves and how: the contents of the file that `moorage proxy --config` reads.
 * Every section but `name`, `listen` and `upstream` is optional; an unknown field is an error.
 */
export const RunConfig = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 317, description: "Names the server in logs and metrics" }),
    listen: Listen,
    probes: Type.Optional(
      Type.Object({ port }, { ...closed, description: "/healthz /readyz /metrics /status. Default: not served" }),
    ),
    upstream: Type.Union([...Upstream.anyOf, PluginUpstream]),
    plugins: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: "Modules with tools, resources, authentication or transports of your own: files or packages",
      }),
    ),
    sessions: Type.Optional(Sessions),
    tools: Type.Optional(Tools),
    limits: Type.Optional(Limits),
    oidc: Type.Optional(OIDC),
    authz: Type.Optional(Authorization),
    tokenExchange: Type.Optional(TokenExchange),
    audit: Type.Optional(Audit),
    telemetry: Type.Optional(Telemetry),
    rateLimits: Type.Optional(RateLimits),
    allowedOrigins: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Values of the Origin header to accept besides loopback ones; "*" accepts all',
      }),
    ),
    allowedHosts: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description:
          "Values of the Host header to accept, without port. Default: loopback names on a loopback address, else all",
      }),
    ),
    externalURL: Type.Optional(
      Type.String({
        pattern: "^https?://[^#]+$",
        description: "The URL that clients use, where it is not the one we see",
      }),
    ),
  },
  { ...closed, $id: "https://moorage.dev/schemas/run-config.json", title: "RunConfig" },
);

export type RunConfig = Static<typeof RunConfig>;
export type Tools = Static<typeof Tools>;
export type ProcessPolicy = NonNullable<Static<typeof Sessions>["processPolicy"]>;
