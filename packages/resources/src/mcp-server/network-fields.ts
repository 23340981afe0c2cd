import { Type } from "typebox";
import { podTemplateSpecSchema, resourcesSchema } from "../pod-fields.ts";

/** The defaults in which the API groups differ; all else is one schema. */
export interface GroupDefaults {
  transport: "stdio" | "streamable-http";
  /** Absent: the proxy runs when the transport is stdio or a field needs it. */
  proxyEnabled?: boolean;
}

const port = (description: string) => Type.Integer({ format: "int32", minimum: 1, maximum: 65535, description });
const annotations = Type.Optional(
  Type.Record(Type.String(), Type.String(), { description: "Annotations, for example for the controller behind it." }),
);

/** Limits of the proxy; each absent one has the proxy's default. */
const proxyLimits = Type.Object(
  {
    requestBytes: Type.Optional(
      Type.Integer({ minimum: 1024, description: "Largest request body. Default: 16 MiB. A larger one gets 413." }),
    ),
    responseBytes: Type.Optional(
      Type.Integer({ minimum: 1024, description: "Largest message of the server. Default: 64 MiB." }),
    ),
    inFlight: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "Requests at the same time in a proxy pod. Default: 4096; more get 429.",
      }),
    ),
    requestTimeoutSeconds: Type.Optional(
      Type.Integer({ minimum: 1, description: "A call fails after so long without progress. Default: 300." }),
    ),
    maximumRequestSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "A call fails after so long whatever progress it reports. Default: 3600.",
      }),
    ),
  },
  { description: "Bounds on calls." },
);

const proxySchema = (enabled: boolean | undefined) =>
  Type.Object(
    {
      enabled: Type.Optional(
        Type.Boolean({
          ...(enabled !== undefined && { default: enabled }),
          description:
            "Whether clients reach the server through Moorage's proxy. " +
            "Without a value, the proxy runs when the transport is stdio or a field needs it.",
        }),
      ),
      replicas: Type.Optional(
        Type.Integer({ format: "int32", minimum: 0, default: 1, description: "Number of proxy pods." }),
      ),
      resources: Type.Optional(resourcesSchema),
      limits: Type.Optional(proxyLimits),
      allowedOrigins: Type.Optional(
        Type.Array(Type.String({ minLength: 1 }), {
          description: 'Values of the Origin header that browsers may send, besides loopback ones. "*" accepts all.',
          "x-kubernetes-list-type": "set",
        }),
      ),
      podTemplateSpec: Type.Optional(podTemplateSpecSchema),
    },
    { description: "The proxy in front of the server.", ...(enabled !== undefined && { default: {} }) },
  );

const exposure = Type.Object(
  {
    hostname: Type.String({
      pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
      maxLength: 253,
      description: "The DNS name that clients outside the cluster use.",
    }),
    ingress: Type.Optional(
      Type.Object(
        {
          className: Type.Optional(
            Type.String({ minLength: 1, description: "The IngressClass. Default: the cluster's default class." }),
          ),
          tlsSecretName: Type.Optional(
            Type.String({ minLength: 1, description: "A Secret with the certificate that the Ingress shows clients." }),
          ),
          annotations,
        },
        { description: "Makes an Ingress (networking.k8s.io/v1) that leads to the Service." },
      ),
    ),
    httpRoute: Type.Optional(
      Type.Object(
        {
          parentRefs: Type.Array(
            Type.Object({
              name: Type.String({ minLength: 1, description: "The Gateway's name." }),
              namespace: Type.Optional(
                Type.String({ minLength: 1, description: "The Gateway's namespace. Default: the server's." }),
              ),
              sectionName: Type.Optional(Type.String({ minLength: 1, description: "The Gateway's listener." })),
            }),
            { minItems: 1, description: "The Gateways to attach to.", "x-kubernetes-list-type": "atomic" },
          ),
          tls: Type.Boolean({ default: true, description: "Whether clients reach the Gateway over HTTPS." }),
          annotations,
        },
        { description: "Makes an HTTPRoute (Gateway API v1) that leads to the Service." },
      ),
    ),
  },
  {
    description: "How clients outside the cluster reach the server.",
    "x-kubernetes-validations": [
      {
        rule: "has(self.ingress) || has(self.httpRoute)",
        message: "needs ingress or httpRoute: add the one that the cluster has a controller for",
      },
    ],
  },
);

/** How the server speaks and how it is reached. */
export const networkFields = ({ transport, proxyEnabled }: GroupDefaults) => ({
  transport: Type.Enum(["stdio", "sse", "streamable-http"], {
    default: transport,
    description: "How the server speaks MCP. Clients of the proxy may use any transport but stdio, whatever it is.",
  }),
  port: Type.Integer({ ...port("The port that clients connect to."), default: 8080 }),
  targetPort: Type.Optional(
    port(
      "The port that the server listens on. Default: spec.port. " +
        "With transport stdio it is the port between proxy and server.",
    ),
  ),
  path: Type.Optional(
    Type.String({
      pattern: "^/.*$",
      maxLength: 1024,
      description: "The path of the server's MCP endpoint. Default: /mcp, and /sse with transport sse.",
    }),
  ),
  serviceType: Type.Enum(["ClusterIP", "NodePort", "LoadBalancer"], {
    default: "ClusterIP",
    description: "The type of the Service that clients reach.",
  }),
  sessionAffinity: Type.Optional(
    Type.Enum(["ClientIP", "None"], {
      description:
        "Whether the Service leads a client to the same pod each time. Default: None where the proxy finds a " +
        "session's server from any pod (HTTP transports), else ClientIP.",
    }),
  ),
  proxy: Type.Optional(proxySchema(proxyEnabled)),
  exposure: Type.Optional(exposure),
  tls: Type.Optional(
    Type.Object(
      {
        secretName: Type.String({
          minLength: 1,
          description: "A Secret of type kubernetes.io/tls. A renewed certificate is taken over without a restart.",
        }),
      },
      { description: "The proxy speaks HTTPS at spec.port with this certificate." },
    ),
  ),
});
