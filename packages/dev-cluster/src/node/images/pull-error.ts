/** Why an image cannot be run. The container waits with `reason` and is tried again with back-off. */
export class PullError extends Error {
  override readonly name = "PullError";
  /** The container's waiting reason: kubelet's word for it. */
  readonly reason: "ErrImagePull" | "InvalidImageName" | "ErrImageNeverPull";

  constructor(message: string, options: { reason?: PullError["reason"]; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.reason = options.reason ?? "ErrImagePull";
  }
}
