/** Who makes a call. */
export interface Principal {
  /** Unique and stable: issuer and subject; empty for an unauthenticated caller. */
  readonly id: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
}

/** Whoever calls where no authentication is configured. */
export const anonymous: Principal = { id: "", claims: {}, scopes: [] };
