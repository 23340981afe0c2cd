/** A message that is cut short or no message at all. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** One field of a message as it stands in the bytes. */
export interface WireField {
  readonly number: number;
  /** A number for varints and fixed widths, bytes for everything of a stated length. */
  readonly value: bigint | Uint8Array;
}

/**
 * The fields of a message in their order. Source: "Encoding" of the Protocol Buffers documents.
 * @throws WireError
 */
export function* readFields(bytes: Uint8Array): Generator<WireField> {
  const reader = new Reader(bytes);
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    const number = Number(tag >> 3n);
    yield { number, value: readValue(reader, Number(tag & 7n)) };
  }
}

function readValue(reader: Reader, wireType: number): bigint | Uint8Array {
  switch (wireType) {
    case 0:
      return reader.varint();
    case 1:
      return reader.take(8);
    case 2:
      return reader.take(Number(reader.varint()));
    case 5:
      return reader.take(4);
    default:
      throw new WireError(`proto: illegal wireType ${wireType}`);
  }
}

const longestVarint = 10;

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let index = 0; index < longestVarint; index++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new WireError("unexpected end of a number");
      value |= BigInt(byte & 0x7f) << BigInt(index * 7);
      if (byte < 0x80) return value;
    }
    throw new WireError("a number is longer than 64 bits");
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (!Number.isSafeInteger(length) || end > this.#bytes.length) throw new WireError("unexpected end of a field");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
