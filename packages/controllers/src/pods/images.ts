/** The images that the operator puts into pods, besides the servers' own. */
export interface Images {
  /** Operator, proxy and `bridge-install`. */
  moorage: string;
  /** npx and uvx with their runtimes. */
  runner: string;
}
