import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";

/** Where the certificate of the port for clients is. */
export interface CertificateFiles {
  /** The certificate, then those that lead to its authority (PEM). */
  readonly certFile: string;
  /** Its private key (PEM). */
  readonly keyFile: string;
}

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** What TLS is spoken with, besides the certificate. */
export const tlsOptions = { minVersion: "TLSv1.2" } as const;

/** Reads a certificate and its key. Throws an `Error` that names the file at fault, or says that they do not belong together. */
export function readCertificate({ certFile, keyFile }: CertificateFiles): Certificate {
  const certificate = { cert: readPEM(certFile, "certFile"), key: readPEM(keyFile, "keyFile") };
  try {
    createSecureContext({ ...certificate, ...tlsOptions });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `listen.tls: "${certFile}" and "${keyFile}" are not a certificate and its private key in PEM form: ${why}`,
      { cause },
    );
  }
  return certificate;
}

function readPEM(file: string, field: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`listen.tls.${field}: cannot be read: ${why}`, { cause });
  }
}
