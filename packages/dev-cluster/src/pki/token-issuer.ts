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

/** The issuer of tokens that stand in Secrets and never end. */
export const secretIssuer = "kubernetes/serviceaccount";

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

  /** The claims of a token that this issuer signed, valid or not any more; why not, where it has not. */
  read(token: string): Fields | "malformed" | "forged" {
    const [header = "", payload = "", signature = "", ...more] = token.split(".");
    const claims = more.length > 0 || signature === "" ? undefined : decode(payload);
    if (!claims) return "malformed";
    const key = { key: this.#public, dsaEncoding: "ieee-p1363" } as const;
    const isOurs = verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"));
    return isOurs ? claims : "forged";
  }
}

function decode(payload: string): Fields | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return isFields(claims) ? claims : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
