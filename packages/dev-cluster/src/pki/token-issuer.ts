import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { type Fields, isFields } from "../store/api-object.ts";
import { readOrMake } from "./key-files.ts";

/** The issuer of ServiceAccount tokens, and the audience of tokens that ask for none. */
export const issuer = "https://kubernetes.default.svc";

/**
 * Signs and verifies ServiceAccount tokens (JWT, ES256) with a key that is kept over restarts.
 */
export class TokenIssuer {
  readonly #key: KeyObject;
  readonly #public: KeyObject;
  readonly #keyId: string;

  constructor(keyPath: string) {
    const pem = readOrMake(keyPath, () =>
      generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    );
    this.#key = createPrivateKey(pem);
    this.#public = createPublicKey(this.#key);
    const der = this.#public.export({ type: "spki", format: "der" });
    this.#keyId = createHash("sha256").update(der).digest("base64url");
  }

  /** The public key as a JSON Web Key Set. */
  keySet(): unknown {
    return { keys: [{ use: "sig", alg: "ES256", kid: this.#keyId, ...this.#public.export({ format: "jwk" }) }] };
  }

  sign(claims: Fields): string {
    const body = `${encode({ alg: "ES256", kid: this.#keyId })}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(body), { key: this.#key, dsaEncoding: "ieee-p1363" });
    return `${body}.${signature.toString("base64url")}`;
  }

  /** The claims of a token that this issuer signed and that is valid now; undefined for any other. */
  verify(token: string): Fields | undefined {
    const [header = "", payload = "", signature = "", ...more] = token.split(".");
    if (more.length > 0 || signature === "") return undefined;
    const key = { key: this.#public, dsaEncoding: "ieee-p1363" } as const;
    const isOurs = verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"));
    if (!isOurs) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return isFields(claims) && isCurrent(claims) ? claims : undefined;
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function isCurrent(claims: Fields): boolean {
  const seconds = Date.now() / 1000;
  const { exp, nbf } = claims;
  return (
    claims["iss"] === issuer &&
    typeof exp === "number" &&
    exp > seconds &&
    (typeof nbf !== "number" || nbf <= seconds + 5)
  );
}
