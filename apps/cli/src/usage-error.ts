/** The user's input cannot be carried out as given; the message says what to do. Shown without a stack trace. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UsageError";
  }
}
