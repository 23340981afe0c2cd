import { describe, expect, it } from "vitest";
import { stacklokServer } from "../../testing/mcp-server-fixtures.ts";
import { modelOf } from "../model.ts";
import { proxySecret, sessionKeysFile } from "./proxy-secret.ts";

const model = modelOf(stacklokServer());
const at = (time: string) => new Date(time);
const keysOf = (secret: ReturnType<typeof proxySecret>) =>
  Buffer.from(secret.data?.[sessionKeysFile] ?? "", "base64")
    .toString()
    .trim()
    .split("\n");

describe("proxySecret()", () => {
  const first = proxySecret(model, {}, { existing: undefined, now: at("2026-01-01T00:00:00Z") });

  it("makes a session key of 32 random bytes", () => {
    expect(keysOf(first)).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect(keysOf(proxySecret(model, {}, { existing: undefined, now: at("2026-01-01T00:00:00Z") }))).not.toEqual(
      keysOf(first),
    );
  });

  it("keeps the key, so that sessions outlive proxies and operators", () => {
    expect(proxySecret(model, {}, { existing: first, now: at("2026-01-30T00:00:00Z") })).toEqual(first);
  });

  it("rotates the key after 30 days, and keeps the one before for what it has sealed", () => {
    const second = proxySecret(model, {}, { existing: first, now: at("2026-02-01T00:00:00Z") });
    expect(keysOf(second)).toHaveLength(2);
    expect(keysOf(second)[1]).toBe(keysOf(first)[0]);
    const third = proxySecret(model, {}, { existing: second, now: at("2026-04-01T00:00:00Z") });
    expect(keysOf(third)).toEqual([expect.any(String), keysOf(second)[0]]);
  });

  it("makes new keys where somebody has damaged them", () => {
    const damaged = { ...first, data: {} };
    expect(keysOf(proxySecret(model, {}, { existing: damaged, now: at("2026-01-02T00:00:00Z") }))).toHaveLength(1);
  });

  it("holds the files that the spec asks for", () => {
    expect(
      proxySecret(model, { "tls.key": "YQ==" }, { existing: first, now: at("2026-01-02T00:00:00Z") }).data,
    ).toEqual({
      ...first.data,
      "tls.key": "YQ==",
    });
  });
});
