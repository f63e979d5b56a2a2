import { CallTrace, type FinishedSpan, type TracingOptions } from './call-trace.ts';
import type { CounterName, GaugeName, HistogramName } from './catalogue.ts';
import type { Attributes, Telemetry } from './telemetry.ts';

export type Observation = readonly [
  name: GaugeName,
  read: () => Promise<number | undefined>,
  attributes: Attributes,
];

/** What takes telemetry out of the process; `sdk.ts` is the one there is. */
export interface Sdk {
  span(span: FinishedSpan): void;
  count(name: CounterName, by: number, attributes: Attributes): void;
  record(name: HistogramName, value: number, attributes: Attributes): void;
  observe(observation: Observation): void;
  shutDown(): Promise<void>;
}

export interface RecorderOptions extends Pick<TracingOptions, 'samplingRatio' | 'randomBytes'> {
  /** Loads the libraries; called once, some time after the first call has been answered. */
  readonly startSdk: () => Promise<Sdk>;
  /** Told when the libraries do not come up; there is no telemetry then. */
  readonly onError: (problem: string, cause: unknown) => void;
}

/** The libraries take 35 to 60 ms of a core to load: not while the first answers are awaited. */
const LOAD_AFTER_MS = 2000;
/** Held until the libraries are there; what is more is lost. */
const MOST_HELD = 4096;
const SHUT_DOWN_LIMIT_MS = 3000;

/**
 * Holds what the first calls tell until the OpenTelemetry SDK is loaded, then hands everything to it
 * at once. Nothing here waits, and nothing that fails here reaches a call.
 */
export function openTelemetry({ startSdk, onError, ...tracing }: RecorderOptions): Telemetry {
  let sdk: Sdk | undefined;
  let loading: Promise<void> | undefined;
  let held: ((sdk: Sdk) => void)[] = [];

  const load = async (): Promise<void> => {
    try {
      const started = await startSdk();
      for (const tell of held) tell(started);
      sdk = started;
    } catch (error) {
      onError('Telemetry could not be started', error);
    }
    held = [];
  };
  const tell = (what: (sdk: Sdk) => void): void => {
    if (sdk !== undefined) what(sdk);
    else if (held.length < MOST_HELD) held.push(what);
  };
  const options: TracingOptions = {
    ...tracing,
    keep: (spans) => tell((to) => spans.forEach((span) => to.span(span))),
  };
  const timer = setTimeout(() => void (loading ??= load()), LOAD_AFTER_MS);
  timer.unref();

  return {
    count: (name, by = 1, attributes = {}) => tell((to) => to.count(name, by, attributes)),
    record: (name, value, attributes = {}) => tell((to) => to.record(name, value, attributes)),
    observe: (name, read, attributes = {}) => tell((to) => to.observe([name, read, attributes])),
    startCall: (name, host, receivedAt) => new CallTrace(name, host, receivedAt, options),
    async shutDown() {
      clearTimeout(timer);
      await withinTime(async () => {
        await (loading ??= load());
        await sdk?.shutDown();
      });
    },
  };
}

/** A collector that does not answer must not keep the host from ending the app. */
async function withinTime(work: () => Promise<void>): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => (limit = setTimeout(resolve, SHUT_DOWN_LIMIT_MS)));
  try {
    await Promise.race([work(), over]);
  } finally {
    clearTimeout(limit);
  }
}
