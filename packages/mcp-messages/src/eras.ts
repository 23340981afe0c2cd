/**
 * MCP has two eras. Legacy revisions begin with `initialize` and may have sessions; modern ones (from 2026-07-28)
 * are stateless, and every request says its version in `_meta`.
 * https://modelcontextprotocol.io/specification/2026-07-28/changelog
 */
export type Era = "legacy" | "modern";

const firstModernVersion = "2026-07-28";

/** Newest first. */
export const modernVersions = [firstModernVersion] as const;

/** Newest first. */
export const legacyVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"] as const;

/** What a legacy HTTP client without an `MCP-Protocol-Version` header speaks. */
export const assumedLegacyVersion = "2025-03-26";

/** Versions are dates, so they compare as text. */
export function eraOf(version: string): Era {
  return version >= firstModernVersion ? "modern" : "legacy";
}

export function isSupportedVersion(version: string): boolean {
  return [...modernVersions, ...legacyVersions].some((known) => known === version);
}
