import { Type } from "typebox";

const rate = (description: string) =>
  Type.Object(
    {
      requests: Type.Integer({ minimum: 1, description: "So many at once, and so many in the time." }),
      perSeconds: Type.Integer({ minimum: 1, default: 60, description: "The time." }),
    },
    { description },
  );

/** What is recorded of calls, and how many of them there may be. Every change reaches running proxies. */
export const observabilityFields = {
  audit: Type.Optional(
    Type.Object(
      {
        enabled: Type.Boolean({ default: true, description: "Whether every call leaves a record." }),
        includeArguments: Type.Boolean({
          default: false,
          description: "Whether records hold the arguments of calls, which may be secret.",
        }),
      },
      { description: "A JSON line in the proxy's log for every call, refused ones included." },
    ),
  ),
  telemetry: Type.Optional(
    Type.Object(
      {
        otlpEndpoint: Type.String({
          pattern: "^https?://.+$",
          description: "The OpenTelemetry collector's address for OTLP over HTTP, without /v1/traces.",
        }),
        samplingPercent: Type.Integer({
          format: "int32",
          minimum: 0,
          maximum: 100,
          default: 100,
          description: "Share of the traces that begin at the proxy.",
        }),
        headersSecretName: Type.Optional(
          Type.String({ minLength: 1, description: "A Secret whose every key is a header for the collector." }),
        ),
      },
      { description: "Traces of calls, sent to a collector. Metrics are always served." },
    ),
  ),
  rateLimits: Type.Optional(
    Type.Object(
      {
        server: Type.Optional(rate("For all clients together.")),
        perPrincipal: Type.Optional(rate("For each client; without authentication all are one.")),
        tools: Type.Optional(
          Type.Record(Type.String(), rate("For this tool."), {
            description: "For each client and tool, by tool name.",
          }),
        ),
      },
      { description: "How often clients may call, for each proxy pod. More gets 429 with Retry-After." },
    ),
  ),
};
