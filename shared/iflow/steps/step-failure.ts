import type { CaughtException } from '../exchange.ts';

/** Why a step failed: `reason` is a stable tag, `message` is for the log. */
export class StepFailure extends Error {
  readonly reason: string;
  /** What exception subprocesses and scripts see of it besides the message. */
  readonly caught: Partial<CaughtException>;

  constructor(
    reason: string,
    message: string,
    cause?: unknown,
    caught: Partial<CaughtException> = {},
  ) {
    super(message, { cause });
    this.name = 'StepFailure';
    this.reason = reason;
    this.caught = caught;
  }
}
