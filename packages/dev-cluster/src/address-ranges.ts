import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { AddressRange } from "./node/network/pod-addresses.ts";

/** The loopback networks that a cluster has to itself while it runs. */
export interface AddressClaim {
  readonly pods: AddressRange;
  readonly services: AddressRange;
  release(): Promise<void>;
}

/** Second numbers of the networks: pairs from 16 to 239, pods the even one, Services the odd one. */
const firstNumber = 16;
const pairs = 112;
const claimPort = 64_999;

/**
 * Claims two networks in 127.0.0.0/8, so that several clusters can run on one machine. A folder keeps the networks it
 * got first: its Services and pods have addresses in them. A listening socket is the claim; it ends with the process.
 *
 * @throws Error when another cluster is using this folder's networks.
 */
export async function claimAddressRanges(dir: string): Promise<AddressClaim> {
  const file = join(dir, "address-ranges");
  const kept = existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
  if (kept !== undefined) {
    const claim = await claimPair(kept);
    if (claim) return claim;
    throw new Error(
      `Cannot start the cluster of "${dir}": its addresses 127.${kept}.0.0/15 are in use; is it running already, or does another cluster have them?`,
    );
  }
  const start = createHash("sha256").update(dir).digest().readUInt16BE(0);
  for (let step = 0; step < pairs; step++) {
    const number = firstNumber + 2 * ((start + step) % pairs);
    const claim = await claimPair(number);
    if (!claim) continue;
    writeFileSync(file, String(number));
    return claim;
  }
  throw new Error(`Cannot start the cluster of "${dir}": every one of the ${pairs} loopback networks is in use`);
}

async function claimPair(number: number): Promise<AddressClaim | undefined> {
  const server = await listen(`127.${number}.255.254`);
  if (server === "taken") return undefined;
  return {
    pods: `127.${number}.0.0/16`,
    services: `127.${number + 1}.0.0/16`,
    release: () => new Promise((resolve) => (server ? server.close(() => resolve()) : resolve())),
  };
}

/** Undefined where the system has only 127.0.0.1 (macOS without aliases): then there is nothing to claim. */
function listen(host: string): Promise<Server | "taken" | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE" ? "taken" : undefined));
    server.listen({ host, port: claimPort }, () => resolve(server.unref()));
  });
}
