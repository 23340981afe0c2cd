import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { RequirementSet } from "./cells.ts";

const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const runner = program("../../node_modules/.bin/conformance");
const client = `${process.execPath} ${program("client.ts")}`;
const timeoutMs = 30_000;

/** Scenarios of each requirement set, without those that ask for an OAuth client. */
const scenarios: Readonly<Record<RequirementSet, readonly string[]>> = {
  "2025-11-25": [
    ...["initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry"],
    "json-schema-2020-12-preservation",
  ],
  "2026-07-28": [
    ...["tools_call", "request-metadata", "sep-2322-client-request-state", "http-standard-headers"],
    ...["http-custom-headers", "http-invalid-tool-headers", "json-schema-ref-no-deref"],
  ],
};

export interface ClientResult {
  readonly version: RequirementSet;
  readonly scenario: string;
  readonly passed: boolean;
  /** Passed and all checks. */
  readonly checks: string;
}

/**
 * Runs the official suite for clients against the proxy's side towards servers. The suite's `auth/*` scenarios are left
 * out: the proxy is no OAuth client towards servers; it sends exchanged tokens, or headers from files.
 *
 * @param only text that a scenario's name must hold
 */
export function runClientSuite(only: string): ClientResult[] {
  return (["2025-11-25", "2026-07-28"] as const).flatMap((version) =>
    scenarios[version].filter((name) => name.includes(only)).map((scenario) => run(version, scenario)),
  );
}

function run(version: RequirementSet, scenario: string): ClientResult {
  const options = ["--scenario", scenario, "--spec-version", version, "--timeout", String(timeoutMs)];
  const args = [runner, "client", "--command", client, ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: tmpdir(), encoding: "utf8" });
  const checks = /Passed: (\d+\/\d+)/.exec(stdout + stderr)?.[1] ?? "none";
  return { version, scenario, passed: status === 0, checks };
}
