import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Container, HostPathVolumeSource, Volume } from "@moorage/kube-types/core-v1";
import { expand } from "../pod/expand.ts";
import type { Mount } from "../pod/mounts.ts";
import { type VolumeFiles, writeAtomically } from "./atomic-directory.ts";
import { filesOf, VolumeError, type VolumeSources } from "./volume-files.ts";

/** The folders of a pod's volumes on this machine. */
export class PodVolumes {
  readonly #dir: string;
  readonly #claimsDir: string;
  readonly #written = new Map<string, string>();

  /** `claimsDir` keeps what persistent volume claims of the namespace hold; it outlives pods. */
  constructor(options: { dir: string; claimsDir: string }) {
    this.#dir = options.dir;
    this.#claimsDir = options.claimsDir;
  }

  /**
   * Makes every volume and brings its files up to date; files that have not changed are not touched.
   * @throws VolumeError that names the volume and what it lacks.
   */
  sync(sources: VolumeSources): void {
    for (const volume of sources.pod.spec?.volumes ?? []) {
      try {
        this.#syncOne(volume, sources);
      } catch (error) {
        if (!(error instanceof VolumeError)) throw error;
        throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`);
      }
    }
  }

  /** Where `container` finds its volumes. `variables` expand `subPathExpr`. */
  mountsOf(
    container: Container,
    volumes: readonly Volume[],
    variables: Readonly<Record<string, string>> = {},
  ): Mount[] {
    return (container.volumeMounts ?? []).flatMap(({ name, mountPath, subPath, subPathExpr }) => {
      const volume = volumes.find((candidate) => candidate.name === name);
      if (!volume) return [];
      const within = subPath ?? (subPathExpr && expand(subPathExpr, variables));
      const root = this.#pathOf(volume);
      if (!within) return [{ mountPath, realPath: root }];
      const realPath = join(root, within);
      if (!existsSync(realPath) && volume.emptyDir) mkdirSync(realPath, { recursive: true });
      return [{ mountPath, realPath }];
    });
  }

  #syncOne(volume: Volume, sources: VolumeSources): void {
    const path = this.#pathOf(volume);
    const files = filesOf(volume, sources);
    if (files) this.#write(volume.name, path, files);
    else if (volume.hostPath) prepareHostPath(volume.hostPath);
    else if (volume.emptyDir || volume.persistentVolumeClaim || volume.ephemeral) mkdirSync(path, { recursive: true });
    else throw new VolumeError(unknownVolume(volume));
  }

  #write(name: string, path: string, files: VolumeFiles): void {
    const content = JSON.stringify(
      [...files].map(([file, { content: bytes, mode }]) => [file, mode, bytes.toString("base64")]),
    );
    if (this.#written.get(name) === content) return;
    writeAtomically(path, files);
    this.#written.set(name, content);
  }

  #pathOf({ name, hostPath, persistentVolumeClaim }: Volume): string {
    if (hostPath) return hostPath.path;
    return persistentVolumeClaim ? join(this.#claimsDir, persistentVolumeClaim.claimName) : join(this.#dir, name);
  }
}

function prepareHostPath({ path, type = "" }: HostPathVolumeSource): void {
  if (type === "DirectoryOrCreate") mkdirSync(path, { recursive: true });
  if (type === "FileOrCreate" && !existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
  }
  if (type !== "" && !existsSync(path))
    throw new VolumeError(`hostPath type check failed: ${path} is not a ${type.toLowerCase()}`);
}

function unknownVolume(volume: Volume): string {
  const type = Object.keys(volume).find((key) => key !== "name") ?? "none";
  return `this node cannot provide volumes of type "${type}"; use emptyDir, configMap, secret, downwardAPI, projected, hostPath or persistentVolumeClaim`;
}
