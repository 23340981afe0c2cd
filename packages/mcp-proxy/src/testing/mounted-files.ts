import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes files as the kubelet does into a ConfigMap or Secret volume: into a new folder, which a link (`..data`) is then
 * pointed to in one step.
 */
export async function mountFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const version = `..${crypto.randomUUID()}`;
  await mkdir(join(folder, version), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, version, name), text);
    // There already where the volume is being updated.
    await symlink(join("..data", name), join(folder, name)).catch(() => {});
  }
  await symlink(version, join(folder, `${version}-link`));
  await rename(join(folder, `${version}-link`), join(folder, "..data"));
}
