import { type ExecFileException, execFile } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ApiConnection } from "./api-connection.ts";

/** Where tools/kube/build.sh puts it. */
const kubectlPath = join(homedir(), ".cache/kube/bin/kubectl");

/** How a run of kubectl ended, and what it printed. */
export interface KubectlOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const maxOutputBytes = 64 * 1024 * 1024;

/** Runs kubectl against a server, with nothing of the user's own configuration. */
export function runKubectl(
  api: ApiConnection,
  args: readonly string[],
  { cacheDir, input = "" }: { cacheDir: string; input?: string },
): Promise<KubectlOutcome> {
  const { url, token } = api.credentials;
  const connection = ["--server", url, "--token", token, "--insecure-skip-tls-verify", "--cache-dir", cacheDir];
  const options = { env: { HOME: cacheDir, KUBECONFIG: "/dev/null" }, maxBuffer: maxOutputBytes };
  return new Promise((resolve) => {
    const child = execFile(
      kubectlPath,
      [...connection, ...args],
      options,
      (error: ExecFileException | null, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error ? 1 : 0;
        resolve({ code, stdout: stdout.replaceAll(url, "<server>"), stderr: stderr.replaceAll(url, "<server>") });
      },
    );
    child.stdin?.end(input);
  });
}
