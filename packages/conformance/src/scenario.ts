import type { Stage } from "./stage.ts";
import type { Step } from "./step.ts";

/** Where one answer decides about the next request, or several connections are open: returns what must be the same. */
export type Script = (stage: Stage) => Promise<unknown>;

/** Requests whose answers every API server must give alike. */
export interface Scenario {
  readonly name: string;
  /** Sent before and after the steps; how these are answered is for other scenarios to say. */
  readonly setUp?: readonly Step[];
  readonly tearDown?: readonly Step[];
  readonly steps: readonly Step[] | Script;
  /** Why the dev cluster answers otherwise on purpose; the test then insists that it does. */
  readonly differs?: string;
}
