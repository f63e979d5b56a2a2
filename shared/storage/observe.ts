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
 * told of the end. Not for an operation that makes no request of its own, such as one that a batch
 * is put together from.
 */
export function observeStorage(
  start: (operation: string) => (outcome: StorageOutcome) => void,
): void {
  const instrumenter: Instrumenter = {
    startSpan(name, { tracingContext }) {
      // A single request. Its attributes hold a URL, which is nobody's business.
      if (tracingContext instanceof Operation && name.startsWith('HTTP')) {
        tracingContext.sent = true;
        return { span: unrecorded, tracingContext };
      }
      if (name === 'HTTP POST') return { span: unrecorded, tracingContext: new Operation(name) };
      const operation = new Operation(name);
      const end = start(name);
      const startedAt = performance.now();
      let failure: string | undefined;
      const span = {
        ...unrecorded,
        isRecording: () => true,
        setStatus: (status: { status: string; error?: Error | string }) => {
          if (status.status === 'error') failure = failureOf(status.error);
        },
        end: () => {
          if (operation.sent) end({ ms: performance.now() - startedAt, failure });
        },
      };
      return { span, tracingContext: operation };
    },
    withContext: (_context, callback, ...args) => callback(...args),
    parseTraceparentHeader: () => undefined,
    createRequestHeaders: () => ({}),
  };
  useInstrumenter(instrumenter);
}

/** Goes with an operation to its requests. The libraries' own entries are of no use here. */
class Operation implements TracingContext {
  /** Whether it has made a request. */
  sent: boolean;

  constructor(name: string) {
    // A batch does not hand its context to its POST, and a list that is read without pages is told
    // of by its requests alone.
    this.sent = name === 'TableTransaction.submitTransaction' || name === 'HTTP GET';
  }

  setValue(): TracingContext {
    return this;
  }

  getValue(): unknown {
    return undefined;
  }

  deleteValue(): TracingContext {
    return this;
  }
}

const unrecorded = {
  isRecording: () => false,
  setStatus: () => undefined,
  setAttribute: () => undefined,
  recordException: () => undefined,
  end: () => undefined,
};

/** Rows that are not there, are there already, or were changed meanwhile, are answers like others. */
const EXPECTED = [304, 404, 409, 412];

function failureOf(error: Error | string | undefined): string | undefined {
  if (!(error instanceof Error)) return 'unknown';
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === undefined) return code ?? error.name;
  return EXPECTED.includes(statusCode) ? undefined : String(statusCode);
}
