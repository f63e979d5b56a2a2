/** A process, told from a later one with the same pid where the system lets us (Linux). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string | null;
}

export function thisProcess(): ProcessIdentity;
export function identityOf(pid: number): ProcessIdentity;
/** Whether that very process is still there. */
export function isRunning(identity: ProcessIdentity): boolean;
/**
 * Runs `work` while no other process holds the lock; the lock of a killed process is taken over.
 * @param waitMs 120 s unless told.
 * @throws {Error} when the lock was not free in that time.
 */
export function withFileLock<T>(
  path: string,
  work: () => T | Promise<T>,
  waitMs?: number,
): Promise<T>;
