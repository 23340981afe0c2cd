import { describe, expect, it } from "vitest";
import { rewriteMounts } from "./mounts.ts";

const mounts = [
  { mountPath: "/etc/app", realPath: "/pod/v/app" },
  { mountPath: "/etc/app/deep", realPath: "/pod/v/deep" },
  { mountPath: "/data/", realPath: "/pod/v/data" },
];

describe("rewriteMounts()", () => {
  it.each([
    ["the path itself", "/etc/app", "/pod/v/app"],
    ["a file under it", "/etc/app/config.json", "/pod/v/app/config.json"],
    ["the longest mount wins", "/etc/app/deep/x", "/pod/v/deep/x"],
    ["a mount that ends with a slash", "/data/db", "/pod/v/data/db"],
    ["behind an equals sign", "--config=/etc/app/a", "--config=/pod/v/app/a"],
    ["in a list of paths", "/usr/bin:/data/bin", "/usr/bin:/pod/v/data/bin"],
    ["in a shell's command", "cat /etc/app/a > '/data/b'", "cat /pod/v/app/a > '/pod/v/data/b'"],
    ["in JSON", '{"dir":"/data"}', '{"dir":"/pod/v/data"}'],
    ["as a file URL", "file:///data/x", "file:///pod/v/data/x"],
    ["a longer name is another path", "/etc/apple /database", "/etc/apple /database"],
    ["inside another path", "/opt/etc/app", "/opt/etc/app"],
    ["inside a URL", "https://host/etc/app", "https://host/etc/app"],
  ])("%s", (_why, text, expected) => {
    expect(rewriteMounts(text, mounts)).toBe(expected);
  });

  it("leaves a text alone when nothing is mounted", () => {
    expect(rewriteMounts("/etc/app", [])).toBe("/etc/app");
  });
});
