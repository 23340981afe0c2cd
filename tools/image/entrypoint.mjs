/** The image's entrypoint: `operator …`, `proxy …` or `bridge-install DIR`. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";

const [name = "", ...args] = process.argv.slice(2);
switch (name) {
  case "operator":
  case "proxy":
    process.argv.splice(2, 1);
    await import(`./${name}.mjs`);
    break;
  case "bridge-install":
    // busybox acts as `nc` when that is the name it is called by.
    copyFileSync("/bin/busybox", join(args[0] ?? ".", "nc"));
    break;
  default:
    console.error(`Unknown program "${name}": use operator, proxy or bridge-install`);
    process.exit(2);
}
