import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { KeyPair, Validity } from "./make-certificates.ts";

/** What the Secret holds. */
export interface CertificateState {
  /** Authorities that serving certificates in use may be of, the newest first. PEM. */
  authorities: readonly string[];
  /** The newest authority's key. PEM. */
  authorityKey: string;
  serving: KeyPair;
  /** When the newest authority came, in milliseconds since the epoch. */
  authoritySince: number;
  /** When the serving certificate came, in milliseconds since the epoch. */
  servingSince: number;
}

export interface CertificatePolicy {
  /** Names and addresses that the API server calls. */
  hosts: readonly string[];
  authorityMs: number;
  servingMs: number;
  /** How long old and new stand side by side: longer than it takes every API server and replica to learn of the new. */
  overlapMs: number;
}

/** A year, 90 days, 10 minutes. */
export const defaultCertificatePolicy = {
  authorityMs: 365 * 86_400_000,
  servingMs: 90 * 86_400_000,
  overlapMs: 600_000,
};

/** Loaded when the first certificate is made: it is a sixth of what an operator without webhooks would start with. */
const makers = () => import("./make-certificates.ts");

/**
 * One step towards fresh certificates; at most one thing changes per step, so that whoever trusts or shows the old
 * one has `overlapMs` to follow:
 * authority old → authority new beside old → serving certificate of the new → old authority gone.
 *
 * *Guarantees*: the serving certificate is always of an authority in the bundle, and of one that has been in it for
 * `overlapMs`, or from the start. What is left of less than a third of its time is renewed.
 * @returns undefined when nothing has to change.
 */
export async function nextCertificates(
  state: CertificateState | undefined,
  policy: CertificatePolicy,
  now: number,
): Promise<CertificateState | undefined> {
  const [newest] = state?.authorities ?? [];
  if (!state || !newest || !isUsable(newest, now) || !isUsable(state.serving.certificate, now))
    return fresh(policy, now);
  if (isAging(newest, now)) return withNewAuthority(state, policy, now);
  const trusted = now - state.authoritySince >= policy.overlapMs || state.authorities.length === 1;
  if (trusted && needsServing(state.serving, newest, policy.hosts, now)) {
    const { makeServing } = await makers();
    const serving = await makeServing(
      { certificate: newest, key: state.authorityKey },
      policy.hosts,
      validity(policy.servingMs, now),
    );
    return { ...state, serving, servingSince: now };
  }
  const settled = now - state.servingSince >= policy.overlapMs && isSignedBy(state.serving, newest);
  return settled && state.authorities.length > 1 ? { ...state, authorities: [newest] } : undefined;
}

async function fresh(policy: CertificatePolicy, now: number): Promise<CertificateState> {
  const { makeAuthority, makeServing } = await makers();
  const authority = await makeAuthority(validity(policy.authorityMs, now));
  const serving = await makeServing(authority, policy.hosts, validity(policy.servingMs, now));
  return {
    authorities: [authority.certificate],
    authorityKey: authority.key,
    serving,
    authoritySince: now,
    servingSince: now,
  };
}

async function withNewAuthority(
  state: CertificateState,
  policy: CertificatePolicy,
  now: number,
): Promise<CertificateState> {
  const { makeAuthority } = await makers();
  const authority = await makeAuthority(validity(policy.authorityMs, now));
  const authorities = [authority.certificate, ...state.authorities].slice(0, 3);
  return { ...state, authorities, authorityKey: authority.key, authoritySince: now };
}

function needsServing(serving: KeyPair, newest: string, hosts: readonly string[], now: number): boolean {
  return isAging(serving.certificate, now) || !isSignedBy(serving, newest) || !covers(serving.certificate, hosts);
}

function isSignedBy(serving: KeyPair, authority: string): boolean {
  return new X509Certificate(serving.certificate).verify(new X509Certificate(authority).publicKey);
}

function covers(pem: string, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(pem);
  return hosts.every((host) => (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined);
}

function isUsable(pem: string, now: number): boolean {
  const { from, to } = timesOf(pem);
  return from <= now && now < to;
}

function isAging(pem: string, now: number): boolean {
  const { from, to } = timesOf(pem);
  return to - now < (to - from) / 3;
}

function timesOf(pem: string): { from: number; to: number } {
  const { validFrom, validTo } = new X509Certificate(pem);
  return { from: Date.parse(validFrom), to: Date.parse(validTo) };
}

function validity(lifetimeMs: number, now: number): Validity {
  // An API server whose clock is a little behind must not refuse a new certificate.
  return { notBefore: new Date(now - Math.min(3_600_000, lifetimeMs / 10)), notAfter: new Date(now + lifetimeMs) };
}
