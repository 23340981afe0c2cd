import { afterAll, beforeAll, describe } from "vitest";
import { dayInTheLife } from "./day-in-the-life.ts";
import { DevUnderTest } from "./dev-cluster.ts";
import { Place } from "./place.ts";
import { protections } from "./protections.ts";

const image = "npx://@modelcontextprotocol/server-everything@2026.8.31";
let dev: DevUnderTest;
let place: Place;

beforeAll(async () => {
  dev = await DevUnderTest.start();
  place = new Place({
    client: dev.client,
    namespace: "default",
    stdio: { image, transport: "stdio" },
    http: { image, args: ["streamableHttp"], transport: "streamable-http", targetPort: 3001 },
    crashing: { image, args: ["nonsense"], transport: "streamable-http" },
    propagationMs: 10_000,
    hostAddress: "127.0.0.1",
  });
}, 60_000);
afterAll(() => dev.stop());

describe("a day in the life of an MCPServer, on the dev cluster", () => dayInTheLife(() => place));
describe("protections and scaling of MCPServers, on the dev cluster", () => protections(() => place));
