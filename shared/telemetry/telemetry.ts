import type { CounterName, GaugeName, HistogramName, SpanName } from './catalogue.ts';
import {
  formatContext,
  type HostTraceContext,
  parseContext,
  type TraceHeaders,
} from './trace-context.ts';

/** Never a secret, a token, a payload, a query or an address. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Counts and measures. Cheap enough for every call; keeps nothing of what it is given but sums. */
export interface Meter {
  count(name: CounterName, by?: number, attributes?: Attributes): void;
  record(name: HistogramName, value: number, attributes?: Attributes): void;
  /** Has `read` asked whenever metrics are exported; undefined where there is nothing to tell. */
  observe(name: GaugeName, read: () => Promise<number | undefined>, attributes?: Attributes): void;
}

/** What a room sees of the trace of the call that it works for. */
export interface Trace {
  /** 32 hex digits; '' where the host has named none. */
  readonly traceId: string;
  /** Runs `work` as a step of its own. The result, a rejection too, is that of `work`. */
  span<T>(name: SpanName, work: () => T, attributes?: Attributes): T;
  /** What a request made for this call has to send (https://www.w3.org/TR/trace-context/). */
  headers(): TraceHeaders;
}

/** How a call has ended. */
export interface CallOutcome {
  readonly attributes: Attributes;
  /** Why it is an error of this side; undefined when it is none. */
  readonly error: string | undefined;
}

/** The trace of one call, for whoever has received it. */
export interface OpenCall {
  readonly trace: Trace;
  /** Runs `work` so that the storage operations in it become steps of the call. */
  run<T>(work: () => T): T;
  /** Steps that end later are not told of. */
  end(outcome: CallOutcome): void;
}

export interface Telemetry extends Meter {
  /**
   * @param name of the function
   * @param receivedAt milliseconds since the epoch
   */
  startCall(name: string, host: HostTraceContext | undefined, receivedAt: number): OpenCall;
  /** Exports what is held; takes 3 s at most. */
  shutDown(): Promise<void>;
}

/** The meter while telemetry is off. */
export const noMeter: Meter = {
  count: () => undefined,
  record: () => undefined,
  observe: () => undefined,
};

/** The trace while telemetry is off: it hands on what the host has said. */
export class ForwardedTrace implements Trace {
  readonly #host: HostTraceContext | undefined;

  constructor(host: HostTraceContext | undefined) {
    this.#host = host;
  }

  get traceId(): string {
    return parseContext(this.#host)?.traceId ?? '';
  }

  span<T>(_name: SpanName, work: () => T): T {
    return work();
  }

  headers(): TraceHeaders {
    const context = parseContext(this.#host);
    return context === undefined ? {} : formatContext(context);
  }
}
