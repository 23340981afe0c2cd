import type { Client } from "@moorage/kube-client";
import { Namespace } from "@moorage/kube-types/core-v1";
import { afterAll, beforeAll, describe } from "vitest";
import { dayInTheLife } from "../day-in-the-life.ts";
import { Place } from "../place.ts";
import { protections } from "../protections.ts";
import { installedCluster } from "./installed-cluster.ts";

const entrypoint = "/app/node_modules/@modelcontextprotocol/server-everything/dist/index.js";
const image = "localhost/everything:1";
const namespace = "day";
let client: Client;
let place: Place;

beforeAll(async () => {
  client = await installedCluster();
  // Everything in this day has to meet the restricted standard.
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await client.apply(Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels },
    spec: {},
  });
  place = new Place({
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
  });
});
afterAll(() => client.close());

describe("a day in the life of an MCPServer, in real pods", () => dayInTheLife(() => place));
describe("protections and scaling of MCPServers, in real pods", () => protections(() => place));
