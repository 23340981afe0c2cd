import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { mountFiles } from "../testing/mounted-files.ts";
import { LegacyClient } from "../testing/raw-client.ts";
import { fixtureConfig, type RunningProxy, startReadyProxy, until } from "../testing/running-proxy.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const proxies: RunningProxy[] = [];
afterEach(async () => {
  await Promise.all(proxies.splice(0).map(({ server }) => server.stop()));
});

const [oldKey, newKey] = ["o".repeat(40), "n".repeat(40)];

async function replica(keyFile: string): Promise<RunningProxy> {
  const proxy = await startReadyProxy(fixtureConfig({ sessions: { keyFile } }));
  proxies.push(proxy);
  return proxy;
}

/** Whether a replica continues a session that another one has opened. */
async function knows({ url }: RunningProxy, client: LegacyClient): Promise<boolean> {
  return (await new LegacyClient(url, client.session).call("pid")).status === 200;
}

describe("sessions.keyFile", () => {
  it("is read again when the Secret changes: the first key seals, all open", async () => {
    const [before, after] = [await temporaryFolder(), await temporaryFolder()];
    await mountFiles(before, { keys: `${oldKey}\n` });
    await mountFiles(after, { keys: `${newKey}\n` });
    const rotating = await replica(join(before, "keys"));
    const renewed = await replica(join(after, "keys"));
    const old = await LegacyClient.connect(rotating.url);
    expect(await knows(renewed, old)).toBe(false);

    await mountFiles(before, { keys: `${newKey}\n${oldKey}\n` });
    const fresh = async () => LegacyClient.connect(rotating.url);
    // A session of the rotating replica opens with the new key once it seals with that.
    await until(async () => knows(renewed, await fresh()));

    const late = await replica(join(before, "keys"));
    expect(await knows(late, old)).toBe(true);
    expect(await knows(rotating, old)).toBe(true);
  });

  it("keeps the last good keys while the file is of no use", async () => {
    const folder = await temporaryFolder();
    await mountFiles(folder, { keys: `${oldKey}\n` });
    const proxy = await replica(join(folder, "keys"));
    const other = await replica(join(folder, "keys"));
    await mountFiles(folder, { keys: "short\n" });
    const client = await LegacyClient.connect(proxy.url);
    expect(await knows(other, client)).toBe(true);
  });
});
