import {
  ConfigMap,
  type KeyToPath,
  type Pod,
  type ProjectedVolumeSource,
  Secret,
  type Volume,
  type VolumeProjection,
} from "@moorage/kube-types/core-v1";
import type { ClusterApi } from "../../cluster-api.ts";
import { fieldValue, type NodeFacts, resourceValue } from "../pod/field-value.ts";
import { allContainers } from "../pod/pod-text.ts";
import type { VolumeFiles } from "./atomic-directory.ts";

/** What a volume lacks, in kubelet's words; the pod waits with the event FailedMount. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
}

/** Where the content of volumes comes from. */
export interface VolumeSources {
  api: ClusterApi;
  pod: Pod;
  facts: NodeFacts;
  /** A token for the pod's ServiceAccount. */
  token(options: { audience?: string; expirationSeconds?: number }): string;
}

const defaultFileMode = 0o644;

/**
 * The files of a volume whose content comes from the API, or `undefined` for other volumes.
 * @throws VolumeError when a ConfigMap, a Secret or a key is not there and not optional.
 */
export function filesOf(volume: Volume, sources: VolumeSources): VolumeFiles | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) return projectedFiles({ ...configMap, sources: [{ configMap }] }, sources);
  if (secret) {
    const { secretName = "", ...rest } = secret;
    return projectedFiles({ ...rest, sources: [{ secret: { ...rest, name: secretName } }] }, sources);
  }
  if (downwardAPI) return projectedFiles({ ...downwardAPI, sources: [{ downwardAPI }] }, sources);
  return projected && projectedFiles(projected, sources);
}

function projectedFiles(
  { defaultMode = defaultFileMode, sources = [] }: ProjectedVolumeSource,
  from: VolumeSources,
): VolumeFiles {
  const files = new Map<string, { content: Buffer; mode: number }>();
  for (const source of sources) {
    for (const { path, content, mode = defaultMode } of entriesOf(source, from)) files.set(path, { content, mode });
  }
  return files;
}

interface Entry {
  path: string;
  content: Buffer;
  mode?: number;
}

function entriesOf(
  { configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection,
  sources: VolumeSources,
): Entry[] {
  if (configMap)
    return dataEntries(
      { kind: "configmap", data: configMapData(configMap.name ?? "", sources), ...configMap },
      sources,
    );
  if (secret) return dataEntries({ kind: "secret", data: secretData(secret.name ?? "", sources), ...secret }, sources);
  if (downwardAPI) return (downwardAPI.items ?? []).map((item) => downwardEntry(item, sources));
  if (serviceAccountToken) {
    const { path, audience, expirationSeconds } = serviceAccountToken;
    const token = sources.token({ ...(audience && { audience }), ...(expirationSeconds && { expirationSeconds }) });
    return [{ path, content: Buffer.from(token), mode: 0o600 }];
  }
  throw new VolumeError(
    "a projected volume has a source that this node does not know (it knows configMap, secret, downwardAPI and serviceAccountToken)",
  );
}

interface DataSource {
  kind: "configmap" | "secret";
  name?: string;
  items?: KeyToPath[];
  optional?: boolean;
  data: ReadonlyMap<string, Buffer> | undefined;
}

function dataEntries({ kind, name = "", items, optional = false, data }: DataSource, { pod }: VolumeSources): Entry[] {
  if (!data) {
    if (optional) return [];
    throw new VolumeError(`${kind} "${name}" not found`);
  }
  if (!items) return [...data].map(([path, content]) => ({ path, content }));
  return items.flatMap(({ key, path, mode }) => {
    const content = data.get(key);
    if (content) return [{ path, content, ...(mode !== undefined && { mode }) }];
    if (optional) return [];
    throw new VolumeError(
      `references non-existent ${kind} key: ${key} (in ${kind} "${pod.metadata.namespace}/${name}")`,
    );
  });
}

function configMapData(name: string, { api, pod }: VolumeSources): ReadonlyMap<string, Buffer> | undefined {
  const configMap = api.get(ConfigMap, inPodNamespace(pod, name));
  if (!configMap) return undefined;
  return new Map([
    ...Object.entries(configMap.data ?? {}).map(([key, text]): [string, Buffer] => [key, Buffer.from(text)]),
    ...decoded(configMap.binaryData),
  ]);
}

function secretData(name: string, { api, pod }: VolumeSources): ReadonlyMap<string, Buffer> | undefined {
  const secret = api.get(Secret, inPodNamespace(pod, name));
  return secret && new Map(decoded(secret.data));
}

function decoded(data: Record<string, string> = {}): [string, Buffer][] {
  return Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64")]);
}

function downwardEntry(
  {
    path,
    mode,
    fieldRef,
    resourceFieldRef,
  }: {
    path: string;
    mode?: number;
    fieldRef?: { fieldPath: string };
    resourceFieldRef?: { resource: string; containerName?: string; divisor?: string };
  },
  { pod, facts }: VolumeSources,
): Entry {
  const value = fieldRef
    ? fieldValue(pod, fieldRef, facts)
    : resourceFieldRef && resourceValue(allContainers(pod), resourceFieldRef, { current: "", facts });
  return { path, content: Buffer.from(value ?? ""), ...(mode !== undefined && { mode }) };
}

function inPodNamespace({ metadata: { namespace } }: Pod, name: string) {
  return namespace === undefined ? { name } : { namespace, name };
}
