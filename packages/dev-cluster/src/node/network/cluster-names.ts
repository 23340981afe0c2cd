import { renameSync, writeFileSync } from "node:fs";
import { type Pod, Service } from "@moorage/kube-types/core-v1";
import { EndpointSlice } from "@moorage/kube-types/discovery-v1";
import type { ClusterApi } from "../../cluster-api.ts";

/** Changes within this time are written together. */
const gatherMs = 5;

/**
 * Keeps a hosts file of the cluster's names: Services by their cluster IP, headless ones by the addresses of their
 * ready pods, and pods with a host name under a headless Service by theirs. Programs read it through the preload.
 * Source: the Kubernetes DNS specification; ExternalName Services are not in it, a hosts file has no aliases.
 */
export class ClusterNames {
  readonly file: string;
  readonly #api: ClusterApi;
  readonly #stops: (() => void)[];
  #timer: NodeJS.Timeout | undefined;
  #written = "";

  constructor(api: ClusterApi, file: string) {
    this.#api = api;
    this.file = file;
    this.write();
    const changed = () => {
      this.#timer ??= setTimeout(() => this.write(), gatherMs);
    };
    this.#stops = [api.watch(Service, changed), api.watch(EndpointSlice, changed)];
  }

  close(): void {
    for (const stop of this.#stops) stop();
    clearTimeout(this.#timer);
  }

  /** Writes the file if its content changes, at once and as a whole. */
  write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = namesOf(this.#api.list(Service), this.#api.list(EndpointSlice));
    if (text === this.#written) return;
    writeFileSync(`${this.file}.new`, text, { mode: 0o644 });
    renameSync(`${this.file}.new`, this.file);
    this.#written = text;
  }
}

/** The lines of the hosts file, sorted. */
export function namesOf(services: readonly Service[], slices: readonly EndpointSlice[]): string {
  const byService = Map.groupBy(
    slices,
    ({ metadata: { namespace, labels } }) => `${namespace}/${labels?.["kubernetes.io/service-name"]}`,
  );
  const lines = services.flatMap((service) => {
    const { name, namespace } = service.metadata;
    const domain = `${name}.${namespace}.svc.cluster.local`;
    const { clusterIP } = service.spec ?? {};
    if (clusterIP && clusterIP !== "None") return [`${clusterIP} ${domain}`];
    return headlessLines(domain, byService.get(`${namespace}/${name}`) ?? []);
  });
  return `${[...new Set(lines)].sort().join("\n")}\n`;
}

function headlessLines(domain: string, slices: readonly EndpointSlice[]): string[] {
  return slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses, hostname }) =>
      addresses.flatMap((address) => [
        `${address} ${domain}`,
        ...(hostname ? [`${address} ${hostname}.${domain}`] : []),
      ]),
    );
}

/** The name that a pod is known by to itself. */
export function hostNameOf({ spec, metadata }: Pod): string {
  return spec?.hostname || metadata.name.slice(0, 63);
}
