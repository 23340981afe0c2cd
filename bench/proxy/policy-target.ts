import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { moorageWith, type Target } from "./targets.ts";

const policyCount = 100;

/** The proxy with authentication by JWT and 100 Cedar policies, and the token that its clients need. */
export async function policyTarget(port: number): Promise<{ target: Target; close(): Promise<void> }> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "bench", alg: "ES256" }] });
  const provider = createServer((_, response) =>
    response.writeHead(200, { "content-type": "application/json" }).end(keys),
  );
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  const address = provider.address();
  if (address === null || typeof address === "string") throw new Error("The provider has no port");
  const issuer = `http://127.0.0.1:${address.port}`;
  const folder = await mkdtemp(join(tmpdir(), "moorage-bench-"));
  const configFile = join(folder, "run-config.json");
  const policies = Array.from({ length: policyCount }, (_, index) =>
    index === policyCount - 1
      ? 'permit(principal, action == Action::"call_tool", resource == Tool::"echo");'
      : `permit(principal == Client::"user-${index}", action == Action::"call_tool", resource == Tool::"tool-${index}");`,
  );
  const command = [process.execPath, fileURLToPath(new URL("echo-server.ts", import.meta.url))];
  const config = {
    name: "bench",
    listen: { port },
    upstream: { transport: "stdio", command },
    sessions: { processPolicy: "shared" },
    oidc: { issuer, audience: "bench", jwksURL: `${issuer}/keys` },
    authz: { policies },
  };
  await writeFile(configFile, JSON.stringify(config));
  const token = await new SignJWT({ iss: issuer, aud: "bench", sub: "ada" })
    .setProtectedHeader({ alg: "ES256", kid: "bench" })
    .setExpirationTime("2h")
    .sign(privateKey);
  return {
    target: moorageWith(
      "moorage, shared process, JWT + 100 policies",
      configFile,
      `Authorization: Bearer ${token}\r\n`,
    ),
    async close() {
      provider.close();
      await rm(folder, { recursive: true });
    },
  };
}
