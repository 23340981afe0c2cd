import { HeaderCodec } from "./header-codec.ts";

const version = 3;
const frameTypes = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;
const finFlag = 1;
const headBytes = 8;
/** The most streams that one client may have open: two for each forwarded connection. */
const streamLimit = 512;

/** One stream of a connection, opened by the client. */
export class SpdyStream {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  onData: (chunk: Buffer) => void = () => {};
  /** The client has sent all that it will. */
  onEnd: () => void = () => {};
  /** The client has given the stream up. */
  onReset: () => void = () => {};
  readonly #connection: SpdyConnection;

  constructor(connection: SpdyConnection, id: number, headers: ReadonlyMap<string, string>) {
    this.#connection = connection;
    this.id = id;
    this.headers = headers;
  }

  write(chunk: Uint8Array): void {
    this.#connection.sendData(this.id, chunk, 0);
  }

  end(): void {
    this.#connection.sendData(this.id, Buffer.alloc(0), finFlag);
  }

  reset(): void {
    this.#connection.reset(this.id);
  }
}

/**
 * The server's side of a SPDY/3.1 connection, as far as Kubernetes clients use it: no flow control, no push.
 * Source: SPDY protocol draft 3.1; the client is moby/spdystream.
 */
export class SpdyConnection {
  readonly #send: (frame: Buffer) => void;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #codec = new HeaderCodec();
  readonly #streams = new Map<number, SpdyStream>();
  #buffer: Buffer = Buffer.alloc(0);
  #work: Promise<void> = Promise.resolve();

  constructor(send: (frame: Buffer) => void, onStream: (stream: SpdyStream) => void) {
    this.#send = send;
    this.#onStream = onStream;
  }

  /** Takes bytes as they come. Resolves when their frames are dealt with; rejects for what is no SPDY. */
  receive(chunk: Buffer): Promise<void> {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    for (let frame = this.#nextFrame(); frame; frame = this.#nextFrame()) {
      const whole = frame;
      // One after another: header blocks share the compression's state.
      this.#work = this.#work.then(() => this.#onFrame(whole));
    }
    return this.#work;
  }

  sendData(id: number, content: Uint8Array, flags: number): void {
    const head = Buffer.alloc(headBytes);
    head.writeUInt32BE(id & 0x7fffffff);
    head.writeUInt32BE((flags << 24) | content.length, 4);
    this.#send(Buffer.concat([head, content]));
  }

  reset(id: number): void {
    this.#streams.delete(id);
    const cancel = 5;
    this.#send(controlFrame(frameTypes.rstStream, uint32(id, cancel)));
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.onReset();
    this.#streams.clear();
    this.#codec.close();
  }

  #nextFrame(): Buffer | undefined {
    if (this.#buffer.length < headBytes) return undefined;
    const length = headBytes + this.#buffer.readUIntBE(5, 3);
    if (this.#buffer.length < length) return undefined;
    const frame = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return frame;
  }

  async #onFrame(frame: Buffer): Promise<void> {
    const isControl = (frame.readUInt8(0) & 0x80) !== 0;
    const flags = frame.readUInt8(4);
    const content = frame.subarray(headBytes);
    if (!isControl) this.#onData(frame.readUInt32BE(0), content, flags);
    else await this.#onControl(frame.readUInt16BE(2), content, flags);
  }

  #onData(id: number, content: Buffer, flags: number): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    if (content.length > 0) stream.onData(content);
    if (flags & finFlag) stream.onEnd();
  }

  async #onControl(type: number, content: Buffer, flags: number): Promise<void> {
    if (type === frameTypes.synStream) await this.#onSynStream(content, flags);
    else if (type === frameTypes.ping) this.#send(controlFrame(frameTypes.ping, content));
    else if (type === frameTypes.rstStream) {
      const id = content.readUInt32BE(0);
      this.#streams.get(id)?.onReset();
      this.#streams.delete(id);
    }
    // SETTINGS, WINDOW_UPDATE, GOAWAY and HEADERS need no answer here.
  }

  async #onSynStream(content: Buffer, flags: number): Promise<void> {
    const id = content.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.#codec.decode(content.subarray(10));
    if (this.#streams.size >= streamLimit) {
      this.reset(id);
      return;
    }
    const stream = new SpdyStream(this, id, headers);
    this.#streams.set(id, stream);
    const reply = await this.#codec.encode(new Map());
    this.#send(controlFrame(frameTypes.synReply, Buffer.concat([uint32(id), reply])));
    this.#onStream(stream);
    if (flags & finFlag) stream.onEnd();
  }
}

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

function controlFrame(type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt16BE(0x8000 | version);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(content.length, 4);
  return Buffer.concat([head, content]);
}
