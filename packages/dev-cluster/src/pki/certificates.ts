import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { writePrivate } from "./key-files.ts";
import type { Pair } from "./make-certificates.ts";

/** What a TLS server needs, all PEM. */
export interface ServingCertificate extends Pair {
  readonly certificateAuthority: string;
}

/** A serving certificate is made anew this long before it ends. */
const renewalMs = 30 * 24 * 3600 * 1000;

/**
 * The cluster's own certificate authority and a serving certificate for `hosts`, kept in `dir`.
 * Made where they are missing, near their end, or when the hosts have changed.
 */
export async function servingCertificate(dir: string, hosts: readonly string[]): Promise<ServingCertificate> {
  const authority = readPair(dir, "ca");
  const serving = readPair(dir, "server");
  if (authority && serving && isUsable(serving.certificate, hosts)) {
    return { certificateAuthority: authority.certificate, ...serving };
  }
  return makeIn(dir, authority, hosts);
}

async function makeIn(dir: string, known: Pair | undefined, hosts: readonly string[]): Promise<ServingCertificate> {
  // Loading the library costs more than everything else at start, and is needed once a year.
  const { makeAuthority, makeServing } = await import("./make-certificates.ts");
  const authority = known ?? (await makeAuthority());
  if (!known) writePair(dir, "ca", authority);
  const serving = await makeServing(authority, hosts);
  writePair(dir, "server", serving);
  return { certificateAuthority: authority.certificate, ...serving };
}

function isUsable(pem: string, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(pem);
  const covers = (host: string) => (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined;
  return Date.parse(certificate.validTo) > Date.now() + renewalMs && hosts.every(covers);
}

function readPair(dir: string, name: string): Pair | undefined {
  const [certificate, key] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  if (!existsSync(certificate) || !existsSync(key)) return undefined;
  return { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
}

function writePair(dir: string, name: string, { certificate, key }: Pair): void {
  // The key first: a pair is taken for whole when its certificate is there.
  writePrivate(join(dir, `${name}.key`), key);
  writePrivate(join(dir, `${name}.crt`), certificate);
}
