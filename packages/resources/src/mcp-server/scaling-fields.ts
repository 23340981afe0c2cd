import { Type } from "typebox";

const utilization = (of: string) =>
  Type.Integer({ format: "int32", minimum: 1, maximum: 1000, description: `Aim, in percent of the requested ${of}.` });

const autoscaling = Type.Object(
  {
    target: Type.Enum(["servers", "proxies"], {
      default: "servers",
      description: "What is scaled: the pods of the server, or those of the proxy.",
    }),
    minReplicas: Type.Integer({ format: "int32", minimum: 1, default: 1, description: "The fewest pods." }),
    maxReplicas: Type.Integer({ format: "int32", minimum: 1, description: "The most pods." }),
    targetCPUUtilizationPercentage: Type.Optional(utilization("CPU")),
    targetMemoryUtilizationPercentage: Type.Optional(utilization("memory")),
  },
  {
    description:
      "Makes a HorizontalPodAutoscaler, which then decides on the number of pods in place of spec.replicas " +
      "(or spec.proxy.replicas). Without an aim it holds CPU at 80 %.",
    "x-kubernetes-validations": [
      {
        rule: "self.minReplicas <= self.maxReplicas",
        message: "minReplicas is above maxReplicas: lower the one or raise the other",
      },
    ],
  },
);

const scaleToZero = Type.Object(
  {
    idleSeconds: Type.Integer({
      format: "int32",
      minimum: 10,
      default: 300,
      description:
        "The server's pods are stopped after so long without a request. A session that a client leaves open keeps " +
        "them for spec.sessions.idleTimeoutSeconds.",
    }),
    holdSeconds: Type.Integer({
      format: "int32",
      minimum: 1,
      maximum: 300,
      default: 60,
      description: "A request that finds no server waits so long for one to come up, and gets 503 then.",
    }),
  },
  { description: "Stops the server's pods while nobody uses them. The proxy stays, and the next request starts them." },
);

const sessions = Type.Object(
  {
    idleTimeoutSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "A session's server process is stopped after so long without a request or stream. Default: 1800.",
      }),
    ),
    maximum: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "Sessions at the same time in a proxy pod. Default: 1000; more get 429.",
      }),
    ),
    processPolicy: Type.Optional(
      Type.Enum(["perSession", "perPrincipal", "shared", "perRequest"], {
        description:
          "Which sessions share a process of a stdio server. Default: perSession. " +
          "With the others a server cannot ask clients for anything (sampling, elicitation, roots).",
      }),
    ),
  },
  { description: "Sessions at the proxy: how many, how long, and what they share." },
);

/** How many, and for how many clients. */
export const scalingFields = {
  replicas: Type.Integer({ format: "int32", minimum: 0, default: 1, description: "Number of server pods." }),
  autoscaling: Type.Optional(autoscaling),
  scaleToZero: Type.Optional(scaleToZero),
  sessions: Type.Optional(sessions),
};
