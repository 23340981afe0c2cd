import type { WebApp } from "@moorage/resources";
import { StacklokMCPServer } from "@moorage/resources";
import { describe, expect, it } from "vitest";
import { mcpServerWebhook } from "./mcp-server/webhook.ts";
import { stacklokServer } from "./testing/mcp-server-fixtures.ts";
import { webAppWebhook } from "./web-app/webhook.ts";

const request = {
  operation: "CREATE" as const,
  oldObject: undefined,
  namespace: "sky",
  username: "ada",
  dryRun: false,
};
const app = (spec: Partial<WebApp["spec"]>): WebApp => ({
  apiVersion: "example.com/v1",
  kind: "WebApp",
  metadata: { name: "shop", labels: { team: "sky" } },
  spec: { image: "shop:1", replicas: 1, port: 80, ...spec },
});

describe("webAppWebhook", () => {
  it.each([
    [{ image: "nginx:1.25" }, []],
    [{ image: "npx://http-server@14.1.1" }, []],
    [{ image: "nginx" }, ['spec.image: "nginx" has no tag: give one, for example "nginx:1.25"']],
    [{ image: "nginx:latest" }, ['spec.image: "nginx:latest" may change at any time: give a fixed tag or a digest']],
    [{ replicas: 2000 }, ["spec.replicas: 2000 is more than 1000: ask for fewer pods"]],
  ])("finds in %j the problems %j", async (spec, problems) => {
    expect(await webAppWebhook.validate?.(app(spec), request)).toEqual({ problems });
  });

  it("labels the app and leaves the user's own labels alone", async () => {
    expect((await webAppWebhook.mutate?.(app({}), request))?.metadata.labels).toEqual({
      "app.kubernetes.io/name": "web-app",
      "app.kubernetes.io/instance": "shop",
      team: "sky",
    });
  });
});

describe("mcpServerWebhook()", () => {
  const webhook = mcpServerWebhook(StacklokMCPServer);

  it.each([
    [{}, []],
    [{ image: "weather:1.2" }, []],
    [
      { image: "weather:latest" },
      ['spec.image: "weather:latest" may change at any time; a fixed tag or a digest does not'],
    ],
    [
      {
        oidcConfig: {
          type: "inline" as const,
          inline: { issuer: "https://a" },
          configMap: { name: "x", key: "oidc.json" },
        },
      },
      ["spec.oidcConfig.configMap is ignored, because spec.oidcConfig.type is inline"],
    ],
  ])("warns of %j with %j and refuses nothing", async (spec, warnings) => {
    expect(await webhook.validate?.(stacklokServer(spec), request)).toEqual({ warnings });
  });
});
