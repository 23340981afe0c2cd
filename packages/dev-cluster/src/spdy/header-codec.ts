import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";

/** The words that SPDY/3's header compression starts with, each with its length before it. Source: SPDY draft 3.1 §2.6.10.1. */
const words =
  "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin";
const tail =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

/** SPDY/3's compression dictionary, 1423 bytes. */
export const dictionary: Buffer = Buffer.concat([
  ...words.split(" ").map((word) => lengthPrefixed(word.replace("_", " "))),
  Buffer.from(tail),
]);

function lengthPrefixed(text: string): Buffer {
  const content = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** More than any port-forward sends; a client cannot make us inflate without end. */
const headerLimitBytes = 64 * 1024;

/** Compresses and expands header blocks. All blocks of a connection share one state for each direction, so their order matters. */
export class HeaderCodec {
  readonly #inflate: Inflate = createInflate({ dictionary });
  readonly #deflate: Deflate = createDeflate({ dictionary });

  async decode(block: Buffer): Promise<Map<string, string>> {
    return parseHeaders(await pass(this.#inflate, block));
  }

  encode(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(headers.size);
    const pairs = [...headers].flatMap(([name, value]) => [lengthPrefixed(name), lengthPrefixed(value)]);
    return pass(this.#deflate, Buffer.concat([count, ...pairs]));
  }

  close(): void {
    this.#inflate.close();
    this.#deflate.close();
  }
}

function pass(stream: Inflate | Deflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > headerLimitBytes) finish(new Error(`A header block is larger than ${headerLimitBytes} bytes`));
    };
    const finish = (error?: Error | null) => {
      stream.off("data", onData);
      stream.off("error", finish);
      if (error) reject(error);
      else resolve(Buffer.concat(chunks));
    };
    stream.on("data", onData);
    stream.once("error", finish);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => finish());
  });
}

function parseHeaders(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 4;
  const read = () => {
    const length = block.readUInt32BE(at);
    const text = block.toString("utf8", at + 4, at + 4 + length);
    at += 4 + length;
    return text;
  };
  for (let left = block.readUInt32BE(0); left > 0; left--) headers.set(read(), read());
  return headers;
}
