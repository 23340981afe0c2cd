import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
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

/** Says which folder has which networks, also while its cluster does not run. */
const register = join(tmpdir(), "moorage-networks");
const numberFile = "address-ranges";

/**
 * Claims two networks in 127.0.0.0/8, so that several clusters can run on one machine. A folder keeps the networks it
 * got first: its Services and pods have addresses in them. A listening socket is the claim; it ends with the process.
 * Others leave the networks alone as long as the folder exists, so that a cluster finds them again after a restart.
 *
 * @throws Error when another cluster is using this folder's networks.
 */
export async function claimAddressRanges(dir: string): Promise<AddressClaim> {
  const kept = numberOf(dir);
  if (kept !== undefined) {
    const claim = await claimPair(kept);
    if (claim) return claim;
    throw new Error(
      `Cannot start the cluster of "${dir}": its addresses 127.${kept}.0.0/15 are in use; is it running already, or does another cluster have them?`,
    );
  }
  const start = createHash("sha256").update(dir).digest().readUInt16BE(0);
  const numbers = Array.from({ length: pairs }, (_, step) => firstNumber + 2 * ((start + step) % pairs));
  // Where every network belongs to some folder, those of clusters that do not run are taken after all.
  for (const number of [...numbers.filter((each) => !isReserved(each)), ...numbers]) {
    const claim = await claimPair(number);
    if (!claim) continue;
    writeFileSync(join(dir, numberFile), String(number));
    reserve(number, dir);
    return claim;
  }
  throw new Error(`Cannot start the cluster of "${dir}": every one of the ${pairs} loopback networks is in use`);
}

function numberOf(dir: string): number | undefined {
  const file = join(dir, numberFile);
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}

/** Whether a folder that still exists has the networks. */
function isReserved(number: number): boolean {
  const entry = join(register, String(number));
  return existsSync(entry) && numberOf(readFileSync(entry, "utf8")) === number;
}

function reserve(number: number, dir: string): void {
  try {
    mkdirSync(register, { recursive: true });
    writeFileSync(join(register, String(number)), dir);
  } catch {
    // The register is another user's: then the networks are this folder's only while its cluster runs.
  }
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
