const reasons: ReadonlySet<string> = new Set(["HostNotFound", "ConnectionRefused"]);

/** Whether a conversation ended because nobody was there: no address, or nothing that accepts connections. */
export function isAbsence(reason: string): boolean {
  return reasons.has(reason);
}
