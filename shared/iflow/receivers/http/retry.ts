import { isIdempotent } from '../../../net/http-client.ts';
import type { RetryRule } from './config.ts';

/** What came of one try. */
export type Outcome =
  | { readonly status: number; readonly retryAfterMs: number | undefined }
  | { readonly exception: string; readonly mayHaveArrived: boolean };

/**
 * The receiver says that it has not begun to work on the request (RFC 9110 sections 15.5.2, 15.5.20
 * and 15.6.4, RFC 8470 section 5.2, RFC 6585 section 4).
 */
const NOTHING_DONE = new Set([401, 421, 425, 429, 503]);

/**
 * How long to wait before a request is sent again; undefined if it is not. The channel says what is
 * tried again, and safety decides: what may have arrived is sent a second time only if that does no
 * more than once (RFC 9110 section 9.2.2), if it carries an `Idempotency-Key`, or if the receiver
 * has said that it did nothing.
 */
export function pauseBeforeRetry(
  rule: RetryRule | null,
  tries: number,
  request: { readonly method: string; readonly headers: Readonly<Record<string, string>> },
  outcome: Outcome,
): number | undefined {
  if (rule === null || tries > rule.iterations) return undefined;
  const isRepeatable =
    isIdempotent(request.method) ||
    Object.keys(request.headers).some((name) => name.toLowerCase() === 'idempotency-key');
  if ('status' in outcome) {
    if (!rule.statuses.includes(outcome.status)) return undefined;
    if (!isRepeatable && !NOTHING_DONE.has(outcome.status)) return undefined;
    // SAP Help, HTTP Receiver Adapter: what the target system asks for counts.
    return outcome.retryAfterMs ?? rule.intervalMs;
  }
  const { exception, mayHaveArrived } = outcome;
  const isListed =
    rule.exceptions !== null &&
    (rule.exceptions.length === 0 || rule.exceptions.includes(exception));
  if (!isListed && !(rule.connection && !mayHaveArrived)) return undefined;
  return mayHaveArrived && !isRepeatable ? undefined : rule.intervalMs;
}
