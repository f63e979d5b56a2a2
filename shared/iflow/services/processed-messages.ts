/** The step that asks whether it has processed a message. */
export interface ProcessingStep {
  readonly flowId: string;
  readonly nodeId: string;
}

/**
 * Which messages an Idempotent Process Call has processed, on whichever instance. A message is marked
 * as in progress before it is processed, for the time that processing may take: another instance that
 * has the same one waits, and takes over where it was not completed.
 */
export interface ProcessedMessages {
  /**
   * Marks a message as in progress, until `until` (milliseconds since the epoch).
   * @returns the mark's name, by which whoever has made it ends it; or why there is none.
   */
  begin(
    step: ProcessingStep,
    messageId: string,
    until: number,
  ): Promise<{ readonly mark: string } | 'processed' | 'in progress'>;
  /** Marks it as processed, until `until`. */
  complete(step: ProcessingStep, messageId: string, mark: string, until: number): Promise<void>;
  /** Takes the mark away. */
  abandon(step: ProcessingStep, messageId: string, mark: string): Promise<void>;
}
