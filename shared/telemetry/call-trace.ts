import { AsyncLocalStorage } from 'node:async_hooks';
import type { SpanName } from './catalogue.ts';
import type { Attributes, CallOutcome, OpenCall, Trace } from './telemetry.ts';
import {
  formatContext,
  type HostTraceContext,
  parseContext,
  type TraceHeaders,
} from './trace-context.ts';

/** A span that is over, as the exporters are given it. */
export interface FinishedSpan {
  readonly name: string;
  readonly kind: 'internal' | 'client';
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string;
  /** Milliseconds since the epoch, with fractions. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  /** A tag; undefined for a span without an error. */
  readonly error: string | undefined;
}

export interface TracingOptions {
  /** The share of traces begun here that is kept, 0 to 1. Whoever has begun a trace decides for it. */
  readonly samplingRatio: number;
  readonly randomBytes: (size: number) => Buffer;
  /** Given the spans of a call when it is over. */
  readonly keep: (spans: readonly FinishedSpan[]) => void;
}

/** Of one call, its own included; further steps are counted only. */
const MOST_SPANS = 64;

/** The step that runs now, wherever the code is that asks. */
const running = new AsyncLocalStorage<OpenSpan>();

/** A step of the call that is being worked for; undefined when there is none, or it is over. */
export function startStep(name: string, attributes: Attributes): OpenSpan | undefined {
  return running.getStore()?.call.start(name, 'client', attributes);
}

export class OpenSpan {
  readonly call: CallTrace;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly #name: string;
  readonly #kind: FinishedSpan['kind'];
  readonly #start: number;
  readonly #attributes: Attributes;

  constructor(
    call: CallTrace,
    ids: { readonly spanId: string; readonly parentSpanId: string | undefined },
    what: Pick<FinishedSpan, 'name' | 'kind' | 'start' | 'attributes'>,
  ) {
    this.call = call;
    this.spanId = ids.spanId;
    this.parentSpanId = ids.parentSpanId;
    this.#name = what.name;
    this.#kind = what.kind;
    this.#start = what.start;
    this.#attributes = what.attributes;
  }

  end(error?: string, more?: Attributes): void {
    this.call.add({
      name: this.#name,
      kind: this.#kind,
      traceId: this.call.traceId,
      spanId: this.spanId,
      parentSpanId: this.parentSpanId,
      traceState: this.call.traceState,
      start: this.#start,
      end: this.call.now(),
      attributes: more === undefined ? this.#attributes : { ...this.#attributes, ...more },
      error,
    });
  }
}

/**
 * Spans of one call, kept as plain records until it is over, so that the OpenTelemetry SDK need not
 * be loaded before the first answer. See docs/adr/0009-telemetry-beside-the-call.md.
 */
export class CallTrace implements OpenCall, Trace {
  readonly traceId: string;
  readonly traceState: string;
  readonly #options: TracingOptions;
  readonly #sampled: boolean;
  readonly #root: OpenSpan;
  /** Added to `performance.now()`: one clock for the whole call, whatever becomes of the system's. */
  readonly #epoch: number;
  #finished: FinishedSpan[] | undefined = [];
  #started = 1;

  constructor(
    name: string,
    host: HostTraceContext | undefined,
    receivedAt: number,
    options: TracingOptions,
  ) {
    const parent = parseContext(host);
    this.#options = options;
    this.#epoch = Date.now() - performance.now();
    this.traceId = parent?.traceId ?? options.randomBytes(16).toString('hex');
    this.traceState = parent?.traceState ?? '';
    this.#sampled = parent?.sampled ?? isKept(this.traceId, options.samplingRatio);
    const ids = { spanId: this.#newSpanId(), parentSpanId: parent?.spanId };
    const start = Math.min(receivedAt, this.now());
    this.#root = new OpenSpan(this, ids, { name, kind: 'internal', start, attributes: {} });
  }

  get trace(): Trace {
    return this;
  }

  now(): number {
    return this.#epoch + performance.now();
  }

  run<T>(work: () => T): T {
    return this.#sampled ? running.run(this.#root, work) : work();
  }

  start(name: string, kind: FinishedSpan['kind'], attributes: Attributes): OpenSpan | undefined {
    if (!this.#sampled || this.#finished === undefined) return undefined;
    this.#started += 1;
    if (this.#started > MOST_SPANS) return undefined;
    const ids = { spanId: this.#newSpanId(), parentSpanId: this.#current().spanId };
    return new OpenSpan(this, ids, { name, kind, start: this.now(), attributes });
  }

  span<T>(name: SpanName, work: () => T, attributes: Attributes = {}): T {
    const span = this.start(name, 'internal', attributes);
    if (span === undefined) return work();
    let result: T;
    try {
      result = running.run(span, work);
    } catch (error) {
      span.end(tagOf(error));
      throw error;
    }
    if (!(result instanceof Promise)) {
      span.end();
      return result;
    }
    const ended = (result as Promise<unknown>).then(
      (value) => {
        span.end();
        return value;
      },
      (error: unknown) => {
        span.end(tagOf(error));
        throw error;
      },
    );
    return ended as T;
  }

  headers(): TraceHeaders {
    const { spanId } = this.#current();
    const { traceId, traceState } = this;
    return formatContext({ traceId, spanId, sampled: this.#sampled, traceState });
  }

  add(span: FinishedSpan): void {
    this.#finished?.push(span);
  }

  end({ attributes, error }: CallOutcome): void {
    const dropped = this.#started - MOST_SPANS;
    this.#root.end(error, {
      ...attributes,
      ...(dropped > 0 ? { 'flowgate.steps_not_shown': dropped } : {}),
    });
    const spans = this.#finished ?? [];
    this.#finished = undefined;
    if (this.#sampled) this.#options.keep(spans);
  }

  #current(): OpenSpan {
    const span = running.getStore();
    return span?.call === this ? span : this.#root;
  }

  #newSpanId(): string {
    return this.#options.randomBytes(8).toString('hex');
  }
}

/** The last 32 bits, which every maker of trace ids fills at random. */
function isKept(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(24), 16) < ratio * 2 ** 32;
}

/** The tag of an expected outcome, the class of another error; a message may hold anything. */
function tagOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.name;
}
