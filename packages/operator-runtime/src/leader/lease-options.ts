/** Which Lease, and how fast. Plain data: it is sent to a thread. */
export interface LeaseOptions {
  namespace: string;
  name: string;
  /** Who we are; unique per process, so that a restarted pod does not take itself for its predecessor. */
  identity: string;
  /** A standby takes over when nothing was renewed for so long. Default 15,000. */
  leaseDurationMs?: number;
  /** The leader stops working when it could not renew for so long. Default 10,000; less than `leaseDurationMs`. */
  renewDeadlineMs?: number;
  /** Between two tries. Default 2,000; less than `renewDeadlineMs`. */
  retryPeriodMs?: number;
}

/** All of them. */
export type LeaseTiming = Required<Pick<LeaseOptions, "leaseDurationMs" | "renewDeadlineMs" | "retryPeriodMs">>;

/** @throws RangeError when two replicas could lead at the same time. Defaults are client-go's. */
export function leaseTiming(options: LeaseOptions): LeaseTiming {
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
  if (
    !(
      leaseDurationMs >= 1_000 &&
      leaseDurationMs > renewDeadlineMs &&
      renewDeadlineMs > retryPeriodMs &&
      retryPeriodMs > 0
    )
  ) {
    throw new RangeError(
      `Cannot elect a leader with leaseDurationMs ${leaseDurationMs}, renewDeadlineMs ${renewDeadlineMs}, retryPeriodMs ${retryPeriodMs}: each must be less than the one before, and the first at least 1000`,
    );
  }
  return { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
}
