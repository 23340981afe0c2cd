import { createServer } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLog } from "../observability/log.ts";
import { ProxyError } from "../proxy-error.ts";
import { OpenIDProvider } from "../testing/openid-provider.ts";
import { TokenVerifier } from "./token-verifier.ts";

let provider: OpenIDProvider;
let verifier: TokenVerifier;
beforeAll(async () => {
  provider = await OpenIDProvider.start();
  const config = { issuer: provider.issuer, audience: "mcp" };
  verifier = new TokenVerifier(config, createLog("test", "silent"));
});
afterAll(() => provider.stop());

const part = fc.oneof(
  fc.string(),
  fc.base64String(),
  fc.json().map((json) => Buffer.from(json).toString("base64url")),
  fc
    .record({
      alg: fc.constantFrom("none", "HS256", "ES256", "RS256", ""),
      kid: fc.oneof(fc.string(), fc.constant("key-1")),
      jwk: fc.object(),
      crit: fc.array(fc.string()),
    })
    .map((header) => Buffer.from(JSON.stringify(header)).toString("base64url")),
);

it("TokenVerifier takes no token but the provider's, and survives any", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
      expect(await verifier.verify(parts.join("."))).toMatchObject({ ok: false, why: expect.any(String) });
    }),
    { numRuns: 500 },
  );
});

it("TokenVerifier survives whatever the provider answers: a token is then refused, or cannot be judged", async () => {
  const json = fc.oneof(
    fc.jsonValue(),
    fc.record({
      issuer: fc.oneof(fc.constant("$ISSUER"), fc.jsonValue()),
      jwks_uri: fc.oneof(fc.constant("$ISSUER/keys"), fc.jsonValue()),
      keys: fc.oneof(
        fc.jsonValue(),
        fc.array(fc.record({ kty: fc.constantFrom("EC", "RSA", ""), kid: fc.jsonValue() })),
      ),
      active: fc.jsonValue(),
      iss: fc.jsonValue(),
      sub: fc.jsonValue(),
    }),
  );
  const text = fc.oneof(
    fc.string(),
    json.map((value) => JSON.stringify(value) ?? ""),
  );
  let answers: readonly string[] = [];
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.writeHead(200).end(answers[asked % answers.length]?.replaceAll("$ISSUER", issuer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const issuer = `http://127.0.0.1:${address !== null && typeof address !== "string" ? address.port : 0}`;
  const signed = await provider.token({ iss: issuer });
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 3 }), async (said) => {
      answers = said;
      const config = { issuer, audience: "mcp", introspectionURL: `${issuer}/introspect` };
      const strange = new TokenVerifier(config, createLog("test", "silent"));
      for (const token of [signed, "opaque"]) {
        const outcome = await strange.verify(token).catch((error: unknown) => error);
        if (outcome instanceof ProxyError) expect(outcome.code).toBe("Unavailable");
        else expect(outcome).toMatchObject({ ok: false, why: expect.any(String) });
      }
    }),
    { numRuns: 200 },
  );
  expect(asked).toBeGreaterThan(200);
  server.closeAllConnections();
  server.close();
});

it("TokenVerifier refuses a token of which any one character is another", async () => {
  const token = await provider.token();
  expect((await verifier.verify(token)).ok).toBe(true);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  await fc.assert(
    // The last character of a signature holds bits that mean nothing.
    fc.asyncProperty(fc.nat({ max: token.length - 2 }), fc.constantFrom(...alphabet), async (index, character) => {
      fc.pre(token[index] !== character);
      const forged = token.slice(0, index) + character + token.slice(index + 1);
      expect((await verifier.verify(forged)).ok).toBe(false);
    }),
    { numRuns: 300 },
  );
});
