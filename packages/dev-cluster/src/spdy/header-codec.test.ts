import { describe, expect, it } from "vitest";
import { dictionary, HeaderCodec } from "./header-codec.ts";

describe("HeaderCodec", () => {
  it("starts from the dictionary of the SPDY draft", () => {
    expect(dictionary).toHaveLength(1423);
  });

  it("reads what its peer writes, block after block", async () => {
    const [client, server] = [new HeaderCodec(), new HeaderCodec()];
    for (const id of ["0", "1", "2"]) {
      const headers = new Map([
        ["streamtype", "data"],
        ["port", "8080"],
        ["requestid", id],
      ]);
      expect(await server.decode(await client.encode(headers))).toEqual(headers);
    }
    client.close();
    server.close();
  });
});
