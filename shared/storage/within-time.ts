import { RestError, type TableServiceClientOptions } from '@azure/data-tables';

export type Policy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]['policy'];

const LATE = 'late';

/**
 * Ends a call of storage that has not been answered after `ms`, whether it is slow, waits for its
 * next try, or has a server that does not answer at all: the library itself would wait for ever.
 * The call fails with a `RestError` as every other outage. Whether a write was made is not known then.
 */
export function withinTime(ms: number): Policy {
  return {
    name: 'withinTime',
    async sendRequest(request, next) {
      const ending = new AbortController();
      const cancel = (): void => ending.abort();
      request.abortSignal?.addEventListener('abort', cancel);
      request.abortSignal = ending.signal;
      const timer = setTimeout(() => {
        ending.abort(LATE);
      }, ms);
      try {
        return await next(request);
      } catch (error) {
        if (ending.signal.reason !== LATE) throw error;
        const text = `Storage has not answered within ${ms} ms.`;
        throw new RestError(text, { code: 'TIMEOUT' });
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
