/**
 * Reads `Retry-After` (RFC 9110 section 10.2.3). Only the form in seconds: a date would be compared
 * with the clock of another machine.
 * @returns milliseconds; undefined where there is none that can be read.
 */
export function retryAfterMs(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value.trim()) ? Number(value) * 1000 : undefined;
}
