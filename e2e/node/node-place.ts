import type { Client } from "@moorage/kube-client";
import { Namespace } from "@moorage/kube-types/core-v1";
import { Place } from "../place.ts";

export const image = "localhost/everything:1";
export const entrypoint = "/app/node_modules/@modelcontextprotocol/server-everything/dist/index.js";

/** A namespace of the real node, with Pod Security "restricted" enforced. */
export async function nodePlace(client: Client, namespace: string): Promise<Place> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await client.apply(Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels },
    spec: {},
  });
  return new Place({
    client,
    namespace,
    stdio: { image, command: ["node", entrypoint], transport: "stdio" },
    http: {
      image,
      command: ["node", entrypoint, "streamableHttp"],
      transport: "streamable-http",
      targetPort: 3001,
    },
    crashing: { image, command: ["node", entrypoint, "nonsense"], transport: "streamable-http" },
    propagationMs: 120_000,
    // The node's, where tools/kube/up.sh puts it; the tests run in its network namespace.
    hostAddress: "10.77.0.1",
  });
}
