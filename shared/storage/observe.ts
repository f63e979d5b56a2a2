import { type Instrumenter, type TracingContext, useInstrumenter } from '@azure/core-tracing';

/** How an operation of the storage libraries has ended. */
export interface StorageOutcome {
  readonly ms: number;
  /** A tag; undefined for what succeeded, and for the refusals that this app expects. */
  readonly failure: string | undefined;
}

/**
 * Has every operation of the Azure storage libraries, with its retries, told of. Once per process:
 * the libraries have one place for this.
 * @param start told of the beginning, by a name such as `TableClient.getEntity`; returns what is
 * told of the end.
 */
export function observeStorage(
  start: (operation: string) => (outcome: StorageOutcome) => void,
): void {
  const instrumenter: Instrumenter = {
    startSpan(name) {
      // Single HTTP requests; their attributes hold URLs, which are nobody's business.
      if (name.startsWith('HTTP')) return { span: unrecorded, tracingContext: context };
      const end = start(name);
      const startedAt = performance.now();
      let failure: string | undefined;
      const span = {
        ...unrecorded,
        setStatus: (status: { status: string; error?: Error | string }) => {
          if (status.status === 'error') failure = failureOf(status.error);
        },
        end: () => end({ ms: performance.now() - startedAt, failure }),
      };
      return { span, tracingContext: context };
    },
    withContext: (_context, callback, ...args) => callback(...args),
    parseTraceparentHeader: () => undefined,
    createRequestHeaders: () => ({}),
  };
  useInstrumenter(instrumenter);
}

const unrecorded = {
  isRecording: () => false,
  setStatus: () => undefined,
  setAttribute: () => undefined,
  recordException: () => undefined,
  end: () => undefined,
};

/** Which step belongs to which call is for the caller to know: the libraries carry nothing along. */
const context: TracingContext = {
  setValue: () => context,
  getValue: () => undefined,
  deleteValue: () => context,
};

/** Rows that are not there, are there already, or were changed meanwhile, are answers like others. */
const EXPECTED = [304, 404, 409, 412];

function failureOf(error: Error | string | undefined): string | undefined {
  if (!(error instanceof Error)) return 'unknown';
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === undefined) return code ?? error.name;
  return EXPECTED.includes(statusCode) ? undefined : String(statusCode);
}
