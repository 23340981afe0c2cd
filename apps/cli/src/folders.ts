import { homedir, platform } from "node:os";
import { join } from "node:path";

/** Where `moorage dev` keeps its state unless told otherwise: the user's data folder of the operating system. */
export function defaultDevFolder(env: NodeJS.ProcessEnv): string {
  if (platform() === "darwin") return join(homedir(), "Library/Application Support/moorage/dev");
  if (platform() === "win32") return join(env["LOCALAPPDATA"] ?? homedir(), "moorage", "dev");
  return join(env["XDG_DATA_HOME"] || join(homedir(), ".local/share"), "moorage/dev");
}

/** Where installed packages are kept, so that every cluster of this user finds them. */
export function packageCacheFolder(env: NodeJS.ProcessEnv): string {
  if (platform() === "darwin") return join(homedir(), "Library/Caches/moorage");
  if (platform() === "win32") return join(env["LOCALAPPDATA"] ?? homedir(), "moorage", "cache");
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "moorage");
}
