import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type CertificateState, nextCertificates } from "./certificate-plan.ts";

const day = 86_400_000;
const policy = { hosts: ["hook.ns.svc", "127.0.0.1"], authorityMs: 300 * day, servingMs: 90 * day, overlapMs: 600_000 };
const start = Date.parse("2026-01-01T00:00:00Z");

async function fresh(): Promise<CertificateState> {
  const state = await nextCertificates(undefined, policy, start);
  if (!state) throw new Error("Nothing was made");
  return state;
}

const isOf = (state: CertificateState, index: number) =>
  new X509Certificate(state.serving.certificate).verify(new X509Certificate(state.authorities[index] ?? "").publicKey);

describe("nextCertificates()", () => {
  it("makes an authority and a serving certificate for every host", async () => {
    const state = await fresh();
    const serving = new X509Certificate(state.serving.certificate);
    expect([state.authorities.length, isOf(state, 0), serving.ca]).toEqual([1, true, false]);
    expect([serving.checkHost("hook.ns.svc"), serving.checkIP("127.0.0.1")]).toEqual(["hook.ns.svc", "127.0.0.1"]);
  });

  it("leaves fresh ones alone", async () => {
    expect(await nextCertificates(await fresh(), policy, start + 50 * day)).toBeUndefined();
  });

  it("renews the serving certificate when a third of its time is left, with the same authority", async () => {
    const state = await fresh();
    const next = await nextCertificates(state, policy, start + 61 * day);
    expect(next?.authorities).toEqual(state.authorities);
    expect(next?.serving.certificate).not.toBe(state.serving.certificate);
  });

  it("moves to a new authority in three steps, the old one trusted until nothing shows it any more", async () => {
    const state = await fresh();
    let now = start + 205 * day;
    // Its serving certificate was renewed meanwhile, or it would be expired.
    const renewed = { ...state, ...(await nextCertificates(state, policy, start + 61 * day)) };
    const before = { ...renewed, ...(await nextCertificates(renewed, policy, start + 130 * day)) };
    const added = await nextCertificates(before, policy, now);
    expect([added?.authorities.length, added && isOf(added, 1), added?.serving]).toEqual([2, true, before.serving]);
    if (!added) throw new Error("No step");
    expect(await nextCertificates(added, policy, now + 599_000)).toBeUndefined();
    now += 600_000;
    const moved = await nextCertificates(added, policy, now);
    expect([moved?.authorities, moved && isOf(moved, 0)]).toEqual([added.authorities, true]);
    if (!moved) throw new Error("No step");
    expect(await nextCertificates(moved, policy, now + 599_000)).toBeUndefined();
    const done = await nextCertificates(moved, policy, now + 600_000);
    expect([done?.authorities, done?.serving]).toEqual([[added.authorities[0]], moved.serving]);
    expect(done && (await nextCertificates(done, policy, now + 700_000))).toBeUndefined();
  });

  it("starts anew when everything has expired, and reissues when the hosts change", async () => {
    const state = await fresh();
    const later = await nextCertificates(state, policy, start + 400 * day);
    expect(later?.authorities).toHaveLength(1);
    expect(later?.authorities).not.toEqual(state.authorities);
    const moved = await nextCertificates(state, { ...policy, hosts: ["other.ns.svc"] }, start + day);
    expect(new X509Certificate(moved?.serving.certificate ?? "").checkHost("other.ns.svc")).toBe("other.ns.svc");
  });
});
