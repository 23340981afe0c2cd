import { isIP, isIPv4 } from "node:net";
import type { Environment } from "@marcbachmann/cel-js";

/** An IP address as a number. */
class CelIp {
  readonly family: 4 | 6;
  readonly value: bigint;

  constructor(family: 4 | 6, value: bigint) {
    this.family = family;
    this.value = value;
  }

  toString(): string {
    if (this.family === 4) return [24n, 16n, 8n, 0n].map((shift) => (this.value >> shift) & 255n).join(".");
    const hex = this.value.toString(16).padStart(32, "0");
    // The URL parser writes addresses in their shortest form.
    return new URL(`http://[${hex.match(/.{4}/g)?.join(":")}]`).hostname.slice(1, -1);
  }
}

/** A network: an address, which may lie anywhere in it, and the length of its prefix. */
class CelCidr {
  readonly ip: CelIp;
  readonly length: number;

  constructor(ip: CelIp, length: number) {
    this.ip = ip;
    this.length = length;
  }

  /** How many bits the prefix leaves free. */
  get free(): bigint {
    return BigInt(widthOf(this.ip) - this.length);
  }

  contains({ family, value }: CelIp): boolean {
    return family === this.ip.family && value >> this.free === this.ip.value >> this.free;
  }

  toString(): string {
    return `${this.ip}/${this.length}`;
  }
}

function widthOf({ family }: CelIp): number {
  return family === 4 ? 32 : 128;
}

/** Zones and IPv4 addresses in IPv6 are refused, as upstream does. */
function parseIp(text: string): CelIp | undefined {
  if (isIPv4(text))
    return new CelIp(
      4,
      text.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n),
    );
  if (isIP(text) !== 6 || text.includes("%")) return undefined;
  const value = BigInt(`0x${fullForm(text)}`);
  return value >> 32n === 0xffffn ? undefined : new CelIp(6, value);
}

function fullForm(text: string): string {
  const shortest = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [head = "", tail] = shortest.split("::");
  const groups = (part: string) => part.split(":").filter((group) => group !== "");
  const before = groups(head);
  const after = groups(tail ?? "");
  const middle = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...middle, ...after].map((group) => group.padStart(4, "0")).join("");
}

function ip(text: string): CelIp {
  const parsed = parseIp(text);
  if (parsed) return parsed;
  throw new Error(
    `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`,
  );
}

function parseCidr(text: string): CelCidr | undefined {
  const [address = "", length = "", ...more] = text.split("/");
  const parsed = parseIp(address);
  if (!parsed || more.length > 0 || !/^(0|[1-9]\d*)$/.test(length)) return undefined;
  return Number(length) <= widthOf(parsed) ? new CelCidr(parsed, Number(length)) : undefined;
}

function cidr(text: string): CelCidr {
  const parsed = parseCidr(text);
  if (parsed) return parsed;
  throw new Error(
    `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): no '/'`,
  );
}

function masked(network: CelCidr): CelCidr {
  const value = (network.ip.value >> network.free) << network.free;
  return new CelCidr(new CelIp(network.ip.family, value), network.length);
}

function containsCidr(outer: CelCidr, inner: CelCidr): boolean {
  return outer.length <= inner.length && outer.contains(inner.ip);
}

const within = (network: string) => (address: CelIp) => cidr(network).contains(address);
const either = (left: (address: CelIp) => boolean, right: (address: CelIp) => boolean) => (address: CelIp) =>
  left(address) || right(address);
const isUnspecified = ({ value }: CelIp) => value === 0n;
const isLoopback = either(within("127.0.0.0/8"), within("::1/128"));
const isLinkLocalMulticast = (address: CelIp) =>
  address.family === 4 ? within("224.0.0.0/24")(address) : address.value >> 112n === 0xff02n;
const isLinkLocalUnicast = either(within("169.254.0.0/16"), within("fe80::/10"));
const isMulticast = either(within("224.0.0.0/4"), within("ff00::/8"));
const isGlobalUnicast = (address: CelIp) =>
  !isUnspecified(address) &&
  !isLoopback(address) &&
  !isMulticast(address) &&
  !isLinkLocalUnicast(address) &&
  !within("255.255.255.255/32")(address);

/** `ip` is a function and the head of another one. */
class IpNamespace {}

/** IP addresses and networks in CEL. Source: `library.IP` and `library.CIDR` of k8s.io/apiserver. */
export function registerAddresses(environment: Environment): void {
  environment
    .registerType("net.IP", CelIp)
    .registerType("net.CIDR", CelCidr)
    .registerType("IpNamespace", IpNamespace)
    .registerConstant("ip", "IpNamespace", new IpNamespace())
    .registerFunction(
      "IpNamespace.isCanonical(string): bool",
      (_namespace: IpNamespace, text: string) => `${ip(text)}` === text,
    )
    .registerFunction("ip(string): net.IP", ip)
    .registerFunction("isIP(string): bool", (text: string) => parseIp(text) !== undefined)
    .registerFunction("string(net.IP): string", (address: CelIp) => `${address}`)
    .registerFunction("net.IP.family(): int", ({ family }: CelIp) => BigInt(family))
    .registerFunction("net.IP.isUnspecified(): bool", isUnspecified)
    .registerFunction("net.IP.isLoopback(): bool", isLoopback)
    .registerFunction("net.IP.isLinkLocalMulticast(): bool", isLinkLocalMulticast)
    .registerFunction("net.IP.isLinkLocalUnicast(): bool", isLinkLocalUnicast)
    .registerFunction("net.IP.isGlobalUnicast(): bool", isGlobalUnicast)
    .registerOperator("net.IP == net.IP", (a: CelIp, b: CelIp) => a.family === b.family && a.value === b.value)
    .registerFunction("cidr(string): net.CIDR", cidr)
    .registerFunction("isCIDR(string): bool", (text: string) => parseCidr(text) !== undefined)
    .registerFunction("string(net.CIDR): string", (network: CelCidr) => `${network}`)
    .registerFunction("net.CIDR.containsIP(net.IP): bool", (network: CelCidr, address: CelIp) =>
      network.contains(address),
    )
    .registerFunction("net.CIDR.containsIP(string): bool", (network: CelCidr, text: string) =>
      network.contains(ip(text)),
    )
    .registerFunction("net.CIDR.containsCIDR(net.CIDR): bool", containsCidr)
    .registerFunction("net.CIDR.containsCIDR(string): bool", (outer: CelCidr, text: string) =>
      containsCidr(outer, cidr(text)),
    )
    .registerFunction("net.CIDR.ip(): net.IP", (network: CelCidr) => network.ip)
    .registerFunction("net.CIDR.masked(): net.CIDR", masked)
    .registerFunction("net.CIDR.prefixLength(): int", ({ length }: CelCidr) => BigInt(length))
    .registerOperator("net.CIDR == net.CIDR", (a: CelCidr, b: CelCidr) => `${a}` === `${b}`);
}
