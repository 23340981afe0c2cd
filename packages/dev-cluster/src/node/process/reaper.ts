import { spawn } from "node:child_process";
import { markVariable } from "./running-processes.ts";

/**
 * Waits at its standard input, whose other end the node's process holds. When that process ends, however it ends,
 * the input ends, and everything that carries the mark is asked to stop and killed a second later.
 */
const script = `
while read -r line; do :; done
for signal in TERM KILL; do
  for file in $(grep -lsz "^${markVariable}=$1/" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${file#/proc/}
    kill -$signal "\${pid%/environ}" 2>/dev/null
  done
  for file in "$2"/*; do
    [ -e "$file" ] && kill -$signal -- "-\${file##*/}" 2>/dev/null
  done
  [ $signal = TERM ] && sleep 1
done
`;

/**
 * Starts a small shell that outlives this process just long enough to end what it has started: no `kill -9`
 * leaves orphans. It is started again if something kills it. Returns how to dismiss it.
 */
export function startReaper({ mark, recordsDir }: { mark: string; recordsDir: string }): () => void {
  let dismissed = false;
  let dismiss = () => {};
  const start = () => {
    const child = spawn("/bin/sh", ["-c", script, "moorage-reaper", mark, recordsDir], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      env: { PATH: "/usr/bin:/bin" },
    });
    child.unref();
    // It never holds this process up: only the pipe ties them.
    if ("unref" in child.stdin && typeof child.stdin.unref === "function") child.stdin.unref();
    child.stdin.on("error", () => undefined);
    child.once("error", () => undefined);
    child.once("exit", () => {
      if (!dismissed) setTimeout(start, 1000).unref();
    });
    dismiss = () => child.kill("SIGKILL");
  };
  start();
  return () => {
    dismissed = true;
    dismiss();
  };
}
