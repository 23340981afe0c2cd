import { invalid } from "../status/api-error.ts";
import { invalidValue } from "../status/field-errors.ts";
import {
  type ApiObject,
  ensureFields,
  type Fields,
  fieldsAt,
  isFields,
  listAt,
  stringAt,
} from "../store/api-object.ts";
import type { Store } from "../store/store.ts";

/** Where Services get their addresses from. */
export interface ServiceRanges {
  /** CIDR, for example `127.96.0.0/16`. */
  readonly clusterIps: string;
  /** Inclusive. */
  readonly nodePorts: { readonly first: number; readonly last: number };
}

interface Range {
  first: number;
  size: number;
}

/**
 * Gives Services their cluster addresses and node ports. What is taken is read from the stored Services,
 * so nothing can leak and a restart needs no repair.
 */
export class ServiceAddresses {
  readonly #store: Store;
  readonly #ranges: ServiceRanges;
  readonly #range: Range;
  #next = 0;

  constructor(store: Store, ranges: ServiceRanges) {
    this.#store = store;
    this.#ranges = ranges;
    this.#range = parseCidr(ranges.clusterIps);
    // Spread out, so that a deleted Service's address is not the next one's at once.
    this.#next = Math.floor(Math.random() * this.#range.size);
  }

  /** The first address: the Service `kubernetes`. */
  get apiServerAddress(): string {
    return formatAddress(this.#range.first + 1);
  }

  /** Completes `spec` of a Service that is about to be stored. @throws ApiError Invalid when an address is taken or unusable. */
  allocate(service: ApiObject): void {
    const spec = ensureFields(service, "spec");
    if (spec["type"] === "ExternalName") releaseAddresses(spec);
    else this.#allocateAddresses(service, spec);
  }

  #allocateAddresses(service: ApiObject, spec: Fields): void {
    const address = this.#addressFor(service, spec);
    spec["clusterIP"] = address;
    spec["clusterIPs"] = [address];
    // Nothing is selected, so whoever fills in the endpoints may use either family.
    const isOpen = address === "None" && spec["selector"] === undefined;
    spec["ipFamilies"] ??= isOpen ? ["IPv4", "IPv6"] : ["IPv4"];
    spec["ipFamilyPolicy"] ??= isOpen ? "RequireDualStack" : "SingleStack";
    if (spec["type"] === "NodePort" || spec["type"] === "LoadBalancer") this.#allocateNodePorts(service, spec);
    else for (const port of listAt(spec, "ports").filter(isFields)) delete port["nodePort"];
  }

  #others(service: ApiObject): Fields[] {
    return this.#store
      .list("services")
      .filter((entry) => entry.object.metadata.uid !== service.metadata.uid)
      .map((entry) => fieldsAt(entry.object, "spec") ?? {});
  }

  #addressFor(service: ApiObject, spec: Fields): string {
    const wanted = spec["clusterIP"];
    if (wanted === "None") return "None";
    const taken = new Set(this.#others(service).map((other) => other["clusterIP"]));
    if (typeof wanted !== "string" || wanted === "") return this.#freeAddress(taken);
    const offset = parseAddress(wanted) - this.#range.first;
    const isInRange = offset > 0 && offset < this.#range.size;
    if (!isInRange) {
      throw refuse(
        service,
        "spec.clusterIPs",
        [wanted],
        `failed to allocate IP ${wanted}: the provided network does not match the current range`,
      );
    }
    if (taken.has(wanted)) {
      throw refuse(
        service,
        "spec.clusterIPs",
        [wanted],
        `failed to allocate IP ${wanted}: provided IP is already allocated`,
      );
    }
    return wanted;
  }

  #freeAddress(taken: ReadonlySet<unknown>): string {
    for (let attempt = 0; attempt < this.#range.size; attempt++) {
      this.#next = (this.#next + 1) % this.#range.size;
      // The first 16 stay free for those who ask for one by number, `kubernetes` among them.
      if (this.#next < 16 || this.#next >= this.#range.size - 1) continue;
      const address = formatAddress(this.#range.first + this.#next);
      if (!taken.has(address)) return address;
    }
    throw new Error(
      `Cannot allocate a cluster address: all of ${this.#ranges.clusterIps} is taken; delete Services or choose a larger range`,
    );
  }

  #allocateNodePorts(service: ApiObject, spec: Fields): void {
    const { first, last } = this.#ranges.nodePorts;
    const taken = new Set(
      this.#others(service).flatMap((other) =>
        listAt(other, "ports").map((port) => (isFields(port) ? port["nodePort"] : 0)),
      ),
    );
    for (const [index, port] of listAt(spec, "ports").filter(isFields).entries()) {
      const wanted = port["nodePort"];
      if (typeof wanted === "number" && wanted !== 0) {
        const field = `spec.ports[${index}].nodePort`;
        if (wanted < first || wanted > last) {
          throw refuse(
            service,
            field,
            wanted,
            `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
          );
        }
        if (taken.has(wanted)) throw refuse(service, field, wanted, "provided port is already allocated");
      } else {
        port["nodePort"] = freePort(first, last, taken);
      }
      taken.add(port["nodePort"]);
    }
  }
}

function freePort(first: number, last: number, taken: ReadonlySet<unknown>): number {
  const size = last - first + 1;
  const start = Math.floor(Math.random() * size);
  for (let attempt = 0; attempt < size; attempt++) {
    const port = first + ((start + attempt) % size);
    if (!taken.has(port)) return port;
  }
  throw new Error(`Cannot allocate a node port: all of ${first}-${last} are taken; delete Services of type NodePort`);
}

function releaseAddresses(spec: Fields): void {
  for (const field of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]) delete spec[field];
}

function refuse(service: ApiObject, field: string, value: unknown, why: string): Error {
  return invalid({ group: "", kind: "Service", name: stringAt(service, "metadata", "name") ?? "" }, [
    invalidValue(field, value, why),
  ]);
}

function parseAddress(text: string): number {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return Number.NaN;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function parseCidr(cidr: string): Range {
  const [address = "", bits = ""] = cidr.split("/");
  const first = parseAddress(address);
  const prefix = Number(bits);
  if (Number.isNaN(first) || !Number.isInteger(prefix) || prefix < 8 || prefix > 28) {
    throw new Error(
      `Cannot use Service range "${cidr}": expected an IPv4 network with 8 to 28 bits, such as "127.96.0.0/16"`,
    );
  }
  return { first, size: 2 ** (32 - prefix) };
}
