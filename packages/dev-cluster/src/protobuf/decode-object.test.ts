import { describe, expect, it } from "vitest";
import { decodeProtobuf } from "./decode-object.ts";
import { WireError } from "./wire.ts";

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]);
/** A field of a stated length. */
const bytes = (number: number, content: Uint8Array | string): Buffer => {
  const body = Buffer.from(content);
  return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(body.length)]), body]);
};
const integer = (number: number, value: number): Buffer => Buffer.from([...varint(number << 3), ...varint(value)]);
const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);
const envelope = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  message(Buffer.from("k8s\0"), bytes(1, message(bytes(1, apiVersion), bytes(2, kind))), bytes(2, raw));

describe("decodeProtobuf()", () => {
  it("decodes names, maps, bytes and nested messages as JSON has them", () => {
    const raw = message(
      bytes(1, message(bytes(1, "s"), bytes(3, "default"), bytes(11, message(bytes(1, "k"), bytes(2, "v"))))),
      bytes(2, message(bytes(1, "key"), bytes(2, "secret"))),
      bytes(3, "Opaque"),
    );
    expect(decodeProtobuf(envelope("v1", "Secret", raw))).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "default", labels: { k: "v" } },
      data: { key: Buffer.from("secret").toString("base64") },
      type: "Opaque",
    });
  });

  it("keeps zeros that mean something and drops those that JSON leaves out", () => {
    const spec = message(integer(1, 0), integer(5, 0));
    expect(decodeProtobuf(envelope("apps/v1", "Deployment", bytes(2, spec)))["spec"]).toEqual({ replicas: 0 });
  });

  it("puts inlined structs into their parent, and reads ports that are numbers or names", () => {
    const port = message(integer(1, 0), integer(2, 8080), bytes(3, ""));
    const probe = message(bytes(1, bytes(2, message(bytes(1, "/"), bytes(2, port)))));
    const container = message(bytes(1, "c"), bytes(10, probe));
    const pod = bytes(2, bytes(2, container));
    expect(decodeProtobuf(envelope("v1", "Pod", pod))["spec"]).toEqual({
      containers: [{ name: "c", livenessProbe: { httpGet: { path: "/", port: 8080 } } }],
    });
  });

  it.each([
    ["no magic number", Buffer.from("{}")],
    ["an unknown kind", envelope("v1", "Nothing", bytes(1, ""))],
    ["a field that is cut short", envelope("v1", "Secret", Buffer.from([0x0a, 0x7f, 0x01]))],
    ["a number without end", envelope("v1", "Secret", Buffer.alloc(12, 0xff))],
  ])("refuses %s", (_reason, body) => {
    expect(() => decodeProtobuf(body)).toThrow(WireError);
  });
});
