import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";

const ivBytes = 12;
const tagBytes = 16;
const keyIdBytes = 2;
/** A sealed value that opens to more than this is not one of ours. */
const maximumOpenedBytes = 64 * 1024;

interface Key {
  readonly id: Buffer;
  readonly secret: Buffer;
}

/**
 * Seals small JSON values into text that only holders of a key can read or make (AES-256-GCM), safe in a header.
 * The first key seals, every key opens: a key is replaced by putting the new one first and removing the old one later.
 */
export class Sealer {
  #keys: readonly Key[];
  #isGiven: boolean;

  /** `secrets` of at least 32 characters each; with none, a random key that dies with the process. */
  constructor(secrets: readonly string[] = []) {
    const material = secrets.length > 0 ? secrets : [randomBytes(32).toString("base64")];
    this.#keys = material.map(keyFrom);
    this.#isGiven = secrets.length > 0;
  }

  /** Whether what is sealed can be opened by other processes, and by this one after a restart. */
  get outlivesProcess(): boolean {
    return this.#isGiven;
  }

  /** From now on the first of these seals, and only these open. */
  useKeys(secrets: readonly string[]): void {
    if (secrets.length === 0) return;
    this.#keys = secrets.map(keyFrom);
    this.#isGiven = true;
  }

  /** `purpose` must be the same for `open`: a value sealed for one thing is worthless for another. */
  seal(value: unknown, purpose: string): string {
    const [key] = this.#keys;
    if (!key) throw new RangeError("A sealer needs a key");
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv("aes-256-gcm", key.secret, iv);
    cipher.setAAD(Buffer.from(purpose));
    const body = Buffer.concat([cipher.update(deflateRawSync(JSON.stringify(value))), cipher.final()]);
    return Buffer.concat([key.id, iv, cipher.getAuthTag(), body]).toString("base64url");
  }

  /** The value; undefined where the text was not sealed by one of these keys for this purpose. */
  open(sealed: string, purpose: string): unknown {
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.length <= keyIdBytes + ivBytes + tagBytes) return undefined;
    for (const key of this.#keys) {
      if (!key.id.equals(bytes.subarray(0, keyIdBytes))) continue;
      const value = openWith(key, bytes.subarray(keyIdBytes), purpose);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function openWith(key: Key, bytes: Buffer, purpose: string): unknown {
  const decipher = createDecipheriv("aes-256-gcm", key.secret, bytes.subarray(0, ivBytes));
  decipher.setAAD(Buffer.from(purpose));
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    const body = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
    return JSON.parse(inflateRawSync(body, { maxOutputLength: maximumOpenedBytes }).toString("utf8"));
  } catch {
    // A forged or damaged text and one of another key look the same, and are the same to us: not ours.
    return undefined;
  }
}

function keyFrom(secret: string): Key {
  const hash = createHash("sha256").update("moorage-seal\0").update(secret).digest();
  return { secret: hash, id: createHash("sha256").update(hash).digest().subarray(0, keyIdBytes) };
}
