import type { Client } from "@moorage/kube-client";
import { afterAll, beforeAll, describe } from "vitest";
import { dayInTheLife } from "../day-in-the-life.ts";
import type { Place } from "../place.ts";
import { protections } from "../protections.ts";
import { installedCluster } from "./installed-cluster.ts";
import { nodePlace } from "./node-place.ts";

let client: Client;
let place: Place;

beforeAll(async () => {
  client = await installedCluster();
  // Everything in this day has to meet the restricted standard.
  place = await nodePlace(client, "day");
});
afterAll(() => client.close());

describe("a day in the life of an MCPServer, in real pods", () => dayInTheLife(() => place));
describe("protections and scaling of MCPServers, in real pods", () => protections(() => place));
