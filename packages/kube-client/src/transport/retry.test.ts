import { describe, expect, it } from "vitest";
import { KubeApiError } from "../kube-api-error.ts";
import { maxAttempts, retryDelayMs } from "./retry.ts";

const error = (code: number, retryAfterMs?: number) => new KubeApiError("x", { code, reason: "x", retryAfterMs });
const read = { number: 1, idempotent: true };
const write = { number: 1, idempotent: false };

describe("retryDelayMs()", () => {
  it.each([
    ["an overloaded server's 429 of a read", error(429), read, 50],
    ["a 429 of a write, which was not processed", error(429), write, 50],
    ["Retry-After, however long the back-off would be", error(429, 3000), write, 3000],
    ["a 500 that asks to come back", error(500, 1000), write, 1000],
    ["a broken connection of a read", error(0), read, 50],
    ["a 503 of a read", error(503), read, 50],
    ["the third try", error(503), { number: 3, idempotent: true }, 200],
    ["a broken connection of a write, which may have been processed", error(0), write, undefined],
    ["a 503 of a write", error(503), write, undefined],
    ["a 500 of a read, which is a bug and not a load", error(500), read, undefined],
    ["a conflict", error(409), read, undefined],
    ["a wait of more than 30 s, which the caller should know of", error(429, 31_000), read, undefined],
    ["the last try", error(503), { number: maxAttempts, idempotent: true }, undefined],
    ["what is no answer of the API", new Error("x"), read, undefined],
  ])("%s", (_what, failure, attempt, expected) => {
    expect(retryDelayMs(failure, attempt, () => 0)).toBe(expected);
  });
});
