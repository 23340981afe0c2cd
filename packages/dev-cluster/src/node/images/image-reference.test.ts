import { describe, expect, it } from "vitest";
import { parseImage } from "./image-reference.ts";

describe("parseImage()", () => {
  it.each([
    ["npx://server@1.2.3", { form: "npx", package: { name: "server", version: "1.2.3" } }],
    ["npx://@scope/server@1.2.3", { form: "npx", package: { name: "@scope/server", version: "1.2.3" } }],
    ["npx://@scope/server", { form: "npx", package: { name: "@scope/server" } }],
    ["uvx://mcp-server-time@2.0", { form: "uvx", package: { name: "mcp-server-time", version: "2.0" } }],
    ["uvx://time==2.0", { form: "uvx", package: { name: "time", version: "2.0" } }],
    ["nginx", { form: "container", repository: "nginx" }],
    ["ghcr.io/moorage/moorage:0.1", { form: "container", repository: "ghcr.io/moorage/moorage" }],
    ["localhost:5000/app", { form: "container", repository: "localhost:5000/app" }],
    ["app:1@sha256:abc", { form: "container", repository: "app" }],
  ])("%s", (image, expected) => {
    expect(parseImage(image)).toEqual(expected);
  });

  it.each([
    ["a scheme that is not known", "ftp://x", 'has the unknown scheme "ftp"'],
    ["no package", "npx://", "does not name a package"],
    ["a path out of the cache", "npx://../../etc@1", "does not name a package"],
    ["an option of npm", "npx://--global", "does not name a package"],
    ["a version that is a command line", "npx://a@1; rm", "does not name a package"],
    ["a version that is a path", "npx://a@../x", "does not name a package"],
  ])("refuses %s", (_why, image, why) => {
    expect(parseImage(image)).toContain(why);
  });
});
