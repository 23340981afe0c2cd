import { Type } from "typebox";
import { conditionsSchema, observedGenerationSchema } from "../conditions-schema.ts";

const serverInfo = Type.Object(
  {
    name: Type.String({ description: "Its name." }),
    version: Type.String({ description: "Its version." }),
    title: Type.Optional(Type.String({ description: "Its name for people." })),
    protocolVersion: Type.String({ description: "The protocol revision that was agreed on." }),
    tools: Type.Optional(Type.Integer({ format: "int32", description: "The number of tools that the server offers." })),
  },
  { description: "What the server said of itself in the handshake." },
);

/** `status` of an MCPServer. */
export const mcpServerStatus = Type.Object({
  observedGeneration: Type.Optional(observedGenerationSchema),
  phase: Type.Optional(
    Type.String({ description: "Pending, Running, Failed or Terminating. The condition Ready says why." }),
  ),
  url: Type.Optional(Type.String({ description: "What a client connects to." })),
  externalURL: Type.Optional(Type.String({ description: "What a client outside the cluster connects to." })),
  toolConfigHash: Type.Optional(Type.String({ description: "Of the ToolConfig's spec that is in use." })),
  replicas: Type.Optional(Type.Integer({ format: "int32", description: "The number of server pods." })),
  availableReplicas: Type.Optional(Type.Integer({ format: "int32", description: "The number of ready server pods." })),
  selector: Type.Optional(Type.String({ description: "The label selector of the server's pods, for autoscalers." })),
  serverInfo: Type.Optional(serverInfo),
  conditions: Type.Optional(conditionsSchema),
});
