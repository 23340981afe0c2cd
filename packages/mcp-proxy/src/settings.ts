import type { RunConfig } from "./run-config/schema.ts";

/** `limits` with the defaults of the schema filled in. */
export type Limits = Required<NonNullable<RunConfig["limits"]>>;

const defaultLimits: Limits = {
  requestBytes: 16 * 1024 * 1024,
  responseBytes: 64 * 1024 * 1024,
  inFlight: 4096,
  requestTimeoutSeconds: 300,
  maximumRequestSeconds: 3600,
  handshakeTimeoutSeconds: 30,
  keepAliveSeconds: 15,
  lingerSeconds: 0,
  drainSeconds: 20,
};

export type SessionLimits = { readonly idleTimeoutSeconds: number; readonly maximum: number };

export function limitsOf(config: RunConfig): Limits {
  return { ...defaultLimits, ...config.limits };
}

export function sessionLimitsOf(config: RunConfig): SessionLimits {
  return { idleTimeoutSeconds: 1800, maximum: 1000, ...config.sessions };
}

/** How long calls wait for a server where none is there. */
export function holdMsOf({ upstream }: RunConfig): number {
  return "holdSeconds" in upstream ? (upstream.holdSeconds ?? 0) * 1000 : 0;
}
