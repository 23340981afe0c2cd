/**
 * Values of `Mcp-Name` and `Mcp-Param-*`: plain where they are visible ASCII, else `=?base64?…?=` of their UTF-8.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
export function encodeHeaderValue(value: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !/^=\?base64\?.*\?=$/i.test(value);
  return plain ? value : `=?base64?${Buffer.from(value, "utf8").toString("base64")}?=`;
}

/** The value that a header stands for; undefined where its base64 is malformed. */
export function decodeHeaderValue(header: string): string | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/i.exec(header)?.[1];
  if (encoded === undefined) return header;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) return undefined;
  return Buffer.from(encoded, "base64").toString("utf8");
}
