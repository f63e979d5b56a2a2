import {
  createTraceState,
  type HrTime,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type ObservableGauge,
} from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { FinishedSpan } from './call-trace.ts';
import {
  type CounterName,
  counters,
  DURATION_BOUNDS,
  type GaugeName,
  gauges,
  type HistogramName,
  histograms,
} from './catalogue.ts';
import type { Sdk } from './recorder.ts';

/** One place that telemetry goes to. */
export interface Destination {
  readonly spans: SpanExporter;
  readonly metrics: PushMetricExporter;
}

export interface SdkOptions {
  readonly serviceName: string;
  readonly instanceId: string;
  readonly destinations: readonly Destination[];
}

const SCOPE = { name: 'flowgate' };
const EXPORT_METRICS_EVERY_MS = 60_000;
/** Combinations of attributes of one metric; beyond, they are counted together. */
const MOST_SERIES = 500;

/** Batches, retries, aggregation and protocols are the OpenTelemetry SDK's. */
export function startSdk({ serviceName, instanceId, destinations }: SdkOptions): Sdk {
  const resource = resourceFromAttributes({
    'service.name': serviceName,
    'service.instance.id': instanceId,
  });
  const processors = destinations.map(({ spans }) => new BatchSpanProcessor({ exporter: spans }));
  const provider = new MeterProvider({
    resource,
    readers: destinations.map(
      ({ metrics }) =>
        new PeriodicExportingMetricReader({
          exporter: metrics,
          exportIntervalMillis: EXPORT_METRICS_EVERY_MS,
          cardinalityLimits: { default: MOST_SERIES },
        }),
    ),
  });
  const meter = provider.getMeter(SCOPE.name);
  const counting = mapValues(counters, (name, options) => meter.createCounter(name, options));
  const measuring = mapValues(histograms, (name, options) =>
    meter.createHistogram(name, {
      ...options,
      advice: { explicitBucketBoundaries: DURATION_BOUNDS },
    }),
  );
  const observing: Record<GaugeName, ObservableGauge> = mapValues(gauges, (name, options) =>
    meter.createObservableGauge(name, options),
  );
  return {
    span(span) {
      const readable = toReadableSpan(span, resource);
      for (const processor of processors) processor.onEnd(readable);
    },
    count: (name: CounterName, by, attributes) => counting[name].add(by, attributes),
    record: (name: HistogramName, value, attributes) => measuring[name].record(value, attributes),
    observe([name, read, attributes]) {
      observing[name].addCallback(async (result) => {
        const value = await read();
        if (value !== undefined) result.observe(value, attributes);
      });
    },
    async shutDown() {
      // What a destination does not take now either has been told of by `destinations.ts`.
      await Promise.allSettled([
        provider.shutdown(),
        ...processors.map((processor) => processor.shutdown()),
      ]);
    },
  };
}

function mapValues<K extends string, V, R>(
  from: Readonly<Record<K, V>>,
  make: (key: K, value: V) => R,
): Record<K, R> {
  const entries = Object.entries(from) as [K, V][];
  return Object.fromEntries(entries.map(([key, value]) => [key, make(key, value)])) as Record<K, R>;
}

const KINDS = { internal: SpanKind.INTERNAL, client: SpanKind.CLIENT };

function toReadableSpan(span: FinishedSpan, resource: Resource): ReadableSpan {
  const context = (spanId: string): SpanContext => ({
    traceId: span.traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    ...(span.traceState === '' ? {} : { traceState: createTraceState(span.traceState) }),
  });
  const own = context(span.spanId);
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => own,
    ...(span.parentSpanId === undefined ? {} : { parentSpanContext: context(span.parentSpanId) }),
    startTime: toHrTime(span.start),
    endTime: toHrTime(span.end),
    duration: toHrTime(span.end - span.start),
    status:
      span.error === undefined
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, message: span.error },
    attributes: span.attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds and nanoseconds. */
function toHrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)];
}
