/**
 * Milliseconds of the processor that this thread has used: for bounds on work that is done on it, which
 * hold however busy the machine is.
 */
export function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
