// The library's dependency injection needs it, before anything else of it is loaded.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

/** A certificate with its private key, both PEM. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 24 * 3600 * 1000;
const authorityDays = 3650;
const servingDays = 365;

/** A new certificate authority. */
export async function makeAuthority(): Promise<Pair> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: "CN=moorage-dev-cluster",
    ...validity(authorityDays),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

/** A new serving certificate for `hosts`, names or addresses, signed by the authority. */
export async function makeServing(authority: Pair, hosts: readonly string[]): Promise<Pair> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: "CN=kube-apiserver",
    issuer: new x509.X509Certificate(authority.certificate).subject,
    ...validity(servingDays),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) ? "ip" : "dns", value }))),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  // A clock that is a little behind must not refuse a new certificate.
  return { notBefore: new Date(Date.now() - 3600 * 1000), notAfter: new Date(Date.now() + days * dayMs) };
}

function randomSerial(): string {
  // The first bit of a serial number is its sign.
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(12))).toString("hex")}`;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (!der) throw new Error("Cannot read the cluster's CA key: it holds no PEM block; delete the folder to start anew");
  return webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
}
