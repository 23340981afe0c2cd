/** Where a container's mount path really is on this machine. */
export interface Mount {
  mountPath: string;
  realPath: string;
}

/**
 * Replaces mount paths by the real folders.
 *
 * A process has no file system of its own, so a volume that a container mounts at `/etc/moorage` lies in the pod's
 * folder, and the container's command, arguments, environment and working directory are rewritten to lead there.
 * A mount path is recognised where a path may begin (at the start of the text or after one of `=:,;"'` or white
 * space, or behind `file://`) and where it ends or goes on with `/`. *Caveats*: paths inside files are not rewritten.
 */
export function rewriteMounts(text: string, mounts: readonly Mount[]): string {
  const longestFirst = [...mounts].sort((a, b) => b.mountPath.length - a.mountPath.length);
  if (longestFirst.length === 0) return text;
  const paths = longestFirst.map(({ mountPath }) => escapeForPattern(withoutEndingSlash(mountPath))).join("|");
  const pattern = new RegExp(`(^|[\\s=:,;"'(\\[]|file://)(${paths})(?=$|[\\s/:,;"')\\]])`, "g");
  const real = new Map(mounts.map(({ mountPath, realPath }) => [withoutEndingSlash(mountPath), realPath]));
  return text.replace(pattern, (_whole, before: string, path: string) => `${before}${real.get(path) ?? path}`);
}

function withoutEndingSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
