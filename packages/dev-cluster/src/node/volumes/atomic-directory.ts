import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, isAbsolute, join, normalize } from "node:path";

/** The content of a volume: by path within it. */
export type VolumeFiles = ReadonlyMap<string, { content: Buffer; mode: number }>;

/**
 * Writes `files` so that a reader sees either all of the old or all of the new content.
 *
 * The files lie in a folder of their own, `..data` is a symbolic link to it that is replaced by a rename, and
 * each name in the volume is a link through `..data`. Source: kubelet's `AtomicWriter`.
 */
export function writeAtomically(dir: string, files: VolumeFiles): void {
  mkdirSync(dir, { recursive: true });
  const data = join(dir, "..data");
  const previous = linkTarget(data);
  const next = `..${new Date().toISOString().replace(/[-:T]/g, "_").slice(0, 19)}.${process.hrtime.bigint()}`;
  for (const [path, { content, mode }] of files) {
    const file = join(dir, next, checkedPath(path));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
  }
  mkdirSync(join(dir, next), { recursive: true });
  rmSync(`${data}_tmp`, { force: true });
  symlinkSync(next, `${data}_tmp`);
  renameSync(`${data}_tmp`, data);
  linkNames(dir, new Set([...files.keys()].map((path) => normalize(path).split("/", 1)[0] ?? path)));
  if (previous !== undefined) rmSync(join(dir, previous), { recursive: true, force: true });
}

function linkNames(dir: string, names: ReadonlySet<string>): void {
  for (const present of readdirSync(dir)) {
    if (!present.startsWith("..") && !names.has(present)) rmSync(join(dir, present), { force: true });
  }
  for (const name of names) {
    if (linkTarget(join(dir, name)) === undefined) symlinkSync(join("..data", name), join(dir, name));
  }
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

/** The API server refuses such paths too; what writes files does not rely on it. */
function checkedPath(path: string): string {
  const normal = normalize(path);
  if (isAbsolute(normal) || normal.split("/", 1)[0]?.startsWith("..")) {
    throw new RangeError(`Cannot write file "${path}" of a volume: the path leads out of the volume`);
  }
  return normal;
}
