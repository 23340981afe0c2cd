/** What is wrong with a text that is no JSON, as Go's `encoding/json` words it: clients and their users know these words. */
export function jsonFault(text: string): string {
  return new Scanner(Buffer.from(text)).fault();
}

const space = new Set([" ", "\t", "\n", "\r"].map((character) => character.charCodeAt(0)));
const literals = ["true", "false", "null"];
const code = (character: string): number => character.charCodeAt(0);
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= code("0") && byte <= code("9");

/** Found something wrong; thrown, since the fault may be deep inside. */
class Fault extends Error {
  override readonly name = "Fault";
}

/** Goes through a text byte by byte until the first one that does not fit. */
class Scanner {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  fault(): string {
    try {
      this.#value();
      this.#skipSpace();
      if (this.#at < this.#bytes.length) this.#fail("after top-level value");
      return "unexpected end of JSON input";
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return error.message;
    }
  }

  #fail(where: string): never {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Fault("unexpected end of JSON input");
    throw new Fault(`invalid character ${shownByte(byte)} ${where}`);
  }

  #skipSpace(): void {
    while (space.has(this.#bytes[this.#at] ?? -1)) this.#at++;
  }

  #peek(): string {
    this.#skipSpace();
    const byte = this.#bytes[this.#at];
    return byte === undefined ? "" : String.fromCharCode(byte);
  }

  #value(): void {
    const next = this.#peek();
    if (next === "{") this.#object();
    else if (next === "[") this.#array();
    else if (next === '"') this.#text();
    else if (next === "-" || isDigit(this.#bytes[this.#at])) this.#number();
    else this.#literal(next);
  }

  #literal(first: string): void {
    const literal = literals.find((known) => known.startsWith(first) && first !== "");
    if (literal === undefined) this.#fail("looking for beginning of value");
    for (const expected of literal ?? "") {
      if (this.#bytes[this.#at] !== code(expected)) this.#fail(`in literal ${literal} (expecting '${expected}')`);
      this.#at++;
    }
  }

  #object(): void {
    this.#at++;
    if (this.#peek() === "}") {
      this.#at++;
      return;
    }
    for (;;) {
      if (this.#peek() !== '"') this.#fail("looking for beginning of object key string");
      this.#text();
      if (this.#peek() !== ":") this.#fail("after object key");
      this.#at++;
      this.#value();
      if (this.#closes("}", "after object key:value pair")) return;
    }
  }

  #array(): void {
    this.#at++;
    if (this.#peek() === "]") {
      this.#at++;
      return;
    }
    for (;;) {
      this.#value();
      if (this.#closes("]", "after array element")) return;
    }
  }

  /** Whether the container ends here; a comma means that it goes on. */
  #closes(end: string, where: string): boolean {
    const next = this.#peek();
    if (next !== "," && next !== end) this.#fail(where);
    this.#at++;
    return next === end;
  }

  #text(): void {
    this.#at++;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === code('"')) break;
      if (byte === undefined || byte < code(" ")) this.#fail("in string literal");
      this.#at++;
      if (byte === code("\\")) this.#escape();
    }
    this.#at++;
  }

  #escape(): void {
    const byte = this.#bytes[this.#at];
    if (byte === undefined || !'"\\/bfnrtu'.includes(String.fromCharCode(byte))) this.#fail("in string escape code");
    this.#at++;
    if (byte !== code("u")) return;
    for (const end = this.#at + 4; this.#at < end; this.#at++) {
      const digit = String.fromCharCode(this.#bytes[this.#at] ?? 0);
      if (!/[0-9a-fA-F]/.test(digit)) this.#fail("in \\u hexadecimal character escape");
    }
  }

  #number(): void {
    if (this.#bytes[this.#at] === code("-")) this.#at++;
    // A zero in front stands alone.
    if (this.#bytes[this.#at] === code("0")) this.#at++;
    else this.#digits("in numeric literal");
    if (this.#bytes[this.#at] === code(".")) {
      this.#at++;
      this.#digits("after decimal point in numeric literal");
    }
    if (![code("e"), code("E")].includes(this.#bytes[this.#at] ?? 0)) return;
    this.#at++;
    if ([code("+"), code("-")].includes(this.#bytes[this.#at] ?? 0)) this.#at++;
    this.#digits("in exponent of numeric literal");
  }

  #digits(where: string): void {
    if (!isDigit(this.#bytes[this.#at])) this.#fail(where);
    while (isDigit(this.#bytes[this.#at])) this.#at++;
  }
}

/** Source: `quoteChar`: a byte as a character, whatever encoding it is a part of. */
function shownByte(byte: number): string {
  if (byte === code("'")) return "'\\''";
  if (byte === code('"')) return "'\"'";
  return `'${JSON.stringify(String.fromCharCode(byte)).slice(1, -1)}'`;
}

/** The kind of a JSON value as Go's errors name it. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  return typeof value === "boolean" ? "bool" : typeof value;
}
