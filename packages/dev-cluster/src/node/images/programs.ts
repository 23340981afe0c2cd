import type { Container } from "@moorage/kube-types/core-v1";
import { findPackageCall, type PackageCall } from "./command-line.ts";
import { type PackageReference, parseImage } from "./image-reference.ts";
import type { NpmPackages } from "./npm-packages.ts";
import { PullError } from "./pull-error.ts";
import type { PythonPackages } from "./python-packages.ts";

/**
 * How an image of ours is run as a process. `programs` maps the first argument of the container (`proxy`) to the
 * words that start it; `runner` images run their command, in which `npx` and `uvx` calls mean the package cache.
 */
export type ImageProgram = { programs: Readonly<Record<string, readonly string[]>> } | { runner: true };

/** The words to run for a container, and how: as a process, or by a container engine that brings its own programs. */
export type Program = { kind: "process"; argv: readonly string[] } | { kind: "engine"; engine: string; image: string };

/** What is needed to find a container's program. */
export interface ProgramSources {
  npm: NpmPackages;
  python: PythonPackages;
  /** By image name without tag. */
  images: Readonly<Record<string, ImageProgram>>;
  /** The container engine that runs images, or why there is none. */
  findEngine(image: string): Promise<{ engine: string } | { missing: string }>;
}

/**
 * Finds what to run for `container`, installing its package first if need be.
 * As in containers, `command` replaces what the image runs and `args` what the image passes; both are already
 * expanded. @throws PullError in words that tell the user what to do.
 */
export async function findProgram(
  { image = "", command = [], args = [] }: Pick<Container, "image" | "command" | "args">,
  sources: ProgramSources,
): Promise<Program> {
  const reference = parseImage(image);
  if (typeof reference === "string") throw new PullError(reference, { reason: "InvalidImageName" });
  if (reference.form !== "container") {
    const entry = await commandOf(reference.form, { reference: reference.package }, sources);
    return processOf(command.length > 0 ? [...command, ...args] : [...entry, ...args]);
  }
  const known = sources.images[reference.repository];
  if (!known) return engineProgram(image, sources);
  if ("runner" in known) return processOf(await withPackages(image, [...command, ...args], sources));
  return processOf(ownProgram(image, known.programs, [...command, ...args]));
}

function ownProgram(image: string, programs: Readonly<Record<string, readonly string[]>>, words: string[]): string[] {
  const [name = "", ...rest] = words;
  const program = programs[name];
  if (program) return [...program, ...rest];
  if (name.includes("/")) return words;
  const list = Object.keys(programs).sort().join(", ");
  throw new PullError(
    `Cannot run image "${image}": it has no program "${name}"; its first argument must be one of ${list}`,
  );
}

async function withPackages(image: string, words: string[], sources: ProgramSources): Promise<string[]> {
  if (words.length === 0) {
    throw new PullError(`Cannot run image "${image}": it needs a command, such as ["npx", "-y", "PACKAGE@VERSION"]`);
  }
  const call = findPackageCall(words);
  if (!call) return words;
  const found = await commandOf(call.form, { reference: call.package, ...commandIn(call) }, sources);
  return [...words.slice(0, call.start), ...found, ...words.slice(call.end)];
}

function commandIn({ command }: PackageCall): { command?: string } {
  return command === undefined ? {} : { command };
}

function commandOf(
  form: "npx" | "uvx",
  { reference, command }: { reference: PackageReference; command?: string },
  { npm, python }: ProgramSources,
): Promise<string[]> {
  return form === "npx" ? npm.commandOf(reference, command) : python.commandOf(reference, command);
}

function processOf(argv: readonly string[]): Program {
  return { kind: "process", argv };
}

async function engineProgram(image: string, { findEngine }: ProgramSources): Promise<Program> {
  const found = await findEngine(image);
  if ("engine" in found) return { kind: "engine", engine: found.engine, image };
  throw new PullError(found.missing);
}
