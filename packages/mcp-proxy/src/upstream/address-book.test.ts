import { describe, expect, it } from "vitest";
import { AddressBook } from "./address-book.ts";

const three = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];

describe("AddressBook", () => {
  it("gives each user the address with the fewest", async () => {
    const book = new AddressBook("server", async () => three);
    const leases = [];
    for (let user = 0; user < 6; user += 1) {
      const lease = book.lease();
      await lease.address;
      leases.push(lease);
    }
    expect(leases.map(({ current }) => current)).toEqual([...three, ...three]);
    leases[1]?.release();
    leases[1]?.release();
    expect(await book.lease().address).toBe("10.0.0.2");
  });

  it("keeps to the preferred address while the name has it", async () => {
    let addresses = three;
    const book = new AddressBook("server", async () => addresses);
    expect(await book.lease("10.0.0.3").address).toBe("10.0.0.3");
    addresses = ["10.0.0.1"];
    expect(await book.lease("10.0.0.3").address).toBe("10.0.0.1");
  });

  it("rejects where the name has no addresses", async () => {
    await expect(new AddressBook("server", async () => []).lease().address).rejects.toThrow("no addresses");
  });
});
