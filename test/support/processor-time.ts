/**
 * Milliseconds of the processor that this process has used: for bounds on work that is done in it, which
 * hold however busy the machine is.
 */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
