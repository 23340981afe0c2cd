import Type, { type Static } from "typebox";

const closed = { additionalProperties: false };
const file = Type.String({ minLength: 1 });
const scopes = Type.Array(Type.String({ pattern: "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$" }));

/** Who may call at all: access tokens of one OpenID provider, by signature or by introspection. */
export const OIDC = Type.Object(
  {
    issuer: Type.String({ pattern: "^https?://", description: "Must equal the tokens' iss exactly" }),
    audience: Type.String({ minLength: 1, description: "Must be in the tokens' aud: tokens for others are refused" }),
    jwksURL: Type.Optional(Type.String({ pattern: "^https?://", description: "Default: from the issuer's discovery" })),
    jwks: Type.Optional(
      Type.Object(
        { keys: Type.Array(Type.Record(Type.String(), Type.Unknown()), { description: "JSON Web Keys" }) },
        { ...closed, description: "The keys themselves, where nothing is to be fetched" },
      ),
    ),
    introspectionURL: Type.Optional(
      Type.String({ pattern: "^https?://", description: "For tokens that are no JWT (RFC 7662)" }),
    ),
    clientID: Type.Optional(
      Type.String({ minLength: 1, description: "Authenticates us at the introspection endpoint" }),
    ),
    clientSecretFile: Type.Optional(file),
    caFile: Type.Optional(
      Type.String({ minLength: 1, description: "Certificates that the issuer's own is checked with (PEM)" }),
    ),
    tokenFile: Type.Optional(
      Type.String({ minLength: 1, description: "Token for discovery and keys, as Kubernetes asks for one" }),
    ),
    requiredScopes: Type.Optional(scopes),
    toolScopes: Type.Optional(
      Type.Record(Type.String(), scopes, { description: "Tool → scopes that a call of it needs" }),
    ),
    subjects: Type.Optional(
      Type.Array(Type.String(), {
        description: "Only these subjects; a * at the end stands for any rest. Default: all",
      }),
    ),
  },
  closed,
);

/** What authenticated callers may do: Cedar policies. Without a policy that permits a call, it is denied. */
export const Authorization = Type.Object(
  {
    policies: Type.Array(Type.String({ minLength: 1 }), { description: "Texts of one or more Cedar policies each" }),
    entities: Type.Optional(Type.Array(Type.Unknown(), { description: "Cedar entities, in Cedar's JSON form" })),
  },
  closed,
);

const Rate = Type.Object(
  {
    requests: Type.Integer({ minimum: 1, description: "So many at once, and so many in the time" }),
    perSeconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, default: 60 })),
  },
  closed,
);

/** How often; what is over is refused with 429 and `Retry-After`. */
export const RateLimits = Type.Object(
  {
    server: Type.Optional(Rate),
    perPrincipal: Type.Optional(Rate),
    tools: Type.Optional(Type.Record(Type.String(), Rate, { description: "Tool → limit for each principal" })),
  },
  closed,
);

/** One JSON line for every call, denied ones included. */
export const Audit = Type.Object(
  {
    file: Type.Optional(Type.String({ minLength: 1, description: "Appended to. Default: standard output" })),
    includeArguments: Type.Optional(Type.Boolean({ default: false, description: "Arguments may hold secrets" })),
  },
  closed,
);

/** Exchanges the client's token for one that the upstream accepts (RFC 8693). The client's own is never sent on. */
export const TokenExchange = Type.Object(
  {
    url: Type.String({ pattern: "^https?://", description: "The token endpoint" }),
    clientID: Type.Optional(Type.String({ minLength: 1 })),
    clientSecretFile: Type.Optional(file),
    audience: Type.Optional(Type.String({ minLength: 1, description: "Whom the new token is for" })),
    scopes: Type.Optional(scopes),
  },
  closed,
);

/** Where spans of calls go: an OpenTelemetry collector. */
export const Telemetry = Type.Object(
  {
    otlpEndpoint: Type.String({ pattern: "^https?://", description: "OTLP over HTTP, without /v1/traces" }),
    headersFrom: Type.Optional(Type.Record(Type.String(), Type.Object({ file }, closed))),
    samplingRatio: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, default: 1, description: "Share of the traces that begin here" }),
    ),
  },
  closed,
);

export type Telemetry = Static<typeof Telemetry>;
export type TokenExchange = Static<typeof TokenExchange>;
export type OIDC = Static<typeof OIDC>;
export type Authorization = Static<typeof Authorization>;
export type Rate = Static<typeof Rate>;
export type RateLimits = Static<typeof RateLimits>;
export type Audit = Static<typeof Audit>;
