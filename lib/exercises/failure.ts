/** A check that was not met. `hint` says what to think about; `message` what was seen. */
export class ExpectationError extends Error {
  override name = "ExpectationError";
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}
