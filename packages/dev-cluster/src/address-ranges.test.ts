import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimAddressRanges } from "./address-ranges.ts";

describe("claimAddressRanges()", () => {
  const folders: string[] = [];
  const folder = async () => {
    const made = await mkdtemp(join(tmpdir(), "ranges-"));
    folders.push(made);
    return made;
  };
  beforeEach(() => folders.splice(0));
  afterEach(() => Promise.all(folders.map((made) => rm(made, { recursive: true }))));

  it("gives two clusters different networks", async () => {
    const [one, two] = [await claimAddressRanges(await folder()), await claimAddressRanges(await folder())];
    expect(new Set([one.pods, one.services, two.pods, two.services]).size).toBe(4);
    await Promise.all([one.release(), two.release()]);
  });

  it("gives a folder its own networks again", async () => {
    const dir = await folder();
    const first = await claimAddressRanges(dir);
    await first.release();
    const again = await claimAddressRanges(dir);
    expect([again.pods, again.services]).toEqual([first.pods, first.services]);
    await again.release();
  });

  it("leaves the networks of a folder alone whose cluster is just being restarted", async () => {
    const first = await claimAddressRanges(await folder());
    await first.release();
    // Enough folders that some would begin their search at the very networks.
    const others = [];
    for (let count = 0; count < 60; count++) others.push(await claimAddressRanges(await folder()));
    expect(others.map(({ pods }) => pods)).not.toContain(first.pods);
    await Promise.all(others.map((claim) => claim.release()));
  });

  it("refuses a folder whose networks are in use, and says so", async () => {
    const dir = await folder();
    const claim = await claimAddressRanges(dir);
    await expect(claimAddressRanges(dir)).rejects.toThrow(/Cannot start the cluster of .* are in use/);
    await claim.release();
  });
});
