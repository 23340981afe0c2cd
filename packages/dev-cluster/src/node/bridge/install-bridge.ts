import { mkdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";

/**
 * Writes the executable that stands for busybox's `nc` in this node, and returns the words of the program
 * `bridge-install`, which copies it into the folder that is its argument, as the image's own program does with busybox.
 */
export function bridgeInstallProgram(stateDir: string): string[] {
  const folder = join(stateDir, "bridge");
  mkdirSync(folder, { recursive: true });
  const script = join(folder, "nc");
  // It lies beside this one: as a source, compiled, or bundled.
  const extension = extname(import.meta.filename);
  const main = join(import.meta.dirname, extension === ".mjs" ? "bridge.mjs" : `main${extension}`);
  writeFileSync(script, `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(main)} "$@"\n`, { mode: 0o755 });
  return ["/bin/sh", "-c", 'mkdir -p "$1" && cp -f "$0" "$1/nc"', script];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
