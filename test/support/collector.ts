import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { gunzipSync } from 'node:zlib';

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}
interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}
type Attributes = Record<string, string | number | boolean>;

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** The status' message; undefined for a span without an error. */
  readonly error: string | undefined;
  readonly attributes: Attributes;
}

export interface CollectedPoint {
  readonly attributes: Attributes;
  /** The sum or the value; of a histogram how many were measured. */
  readonly value: number;
}

export interface Collector {
  readonly url: string;
  /** Bodies as they came, unpacked, by path. */
  readonly received: {
    readonly path: string;
    readonly body: string;
    readonly authorization: string | undefined;
  }[];
  spans(): CollectedSpan[];
  /** Of the last export of each instance that has named it. */
  points(metric: string): CollectedPoint[];
  metricNames(): Set<string>;
}

/** A collector for OTLP over HTTP in JSON, and for Application Insights' envelopes; keeps what it gets. */
export async function startCollector(tls?: {
  readonly cert: string;
  readonly key: string;
}): Promise<Collector> {
  const received: Collector['received'] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      const { authorization } = request.headers;
      received.push({ path: request.url ?? '', body: body.toString('utf8'), authorization });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        request.url?.includes('/track')
          ? '{"itemsReceived":1,"itemsAccepted":1,"errors":[]}'
          : '{}',
      );
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  after(() => server.close());
  const bodies = (path: string): unknown[] =>
    received.filter((one) => one.path === path).map(({ body }) => JSON.parse(body) as unknown);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    spans: () => bodies('/v1/traces').flatMap(spansOf),
    points: (metric) =>
      bodies('/v1/metrics')
        .flatMap(metricsOf)
        .filter(({ name }) => name === metric)
        .flatMap((found) => (found.sum ?? found.gauge ?? found.histogram)?.dataPoints ?? [])
        .map((point) => ({
          attributes: attributesOf(point.attributes),
          value: Number(point.asInt ?? point.asDouble ?? point.count),
        })),
    metricNames: () =>
      new Set(
        bodies('/v1/metrics')
          .flatMap(metricsOf)
          .map(({ name }) => name),
      ),
  };
}

interface TraceExport {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string;
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly traceState?: string;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly status: { readonly code: number; readonly message?: string };
        readonly attributes: readonly OtlpAttribute[];
      }[];
    }[];
  }[];
}

function spansOf(body: unknown): CollectedSpan[] {
  return (body as TraceExport).resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)
    .map((span) => ({
      name: span.name,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      traceState: span.traceState,
      startMs: Number(span.startTimeUnixNano) / 1e6,
      endMs: Number(span.endTimeUnixNano) / 1e6,
      error: span.status.code === 2 ? (span.status.message ?? '') : undefined,
      attributes: attributesOf(span.attributes),
    }));
}

interface Metric {
  readonly name: string;
  readonly sum?: Points;
  readonly gauge?: Points;
  readonly histogram?: Points;
}
interface Points {
  readonly dataPoints: readonly {
    readonly attributes: readonly OtlpAttribute[];
    readonly asInt?: number;
    readonly asDouble?: number;
    readonly count?: number;
  }[];
}

function metricsOf(body: unknown): Metric[] {
  const { resourceMetrics } = body as {
    resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] }[];
  };
  return resourceMetrics
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics);
}

function attributesOf(attributes: readonly OtlpAttribute[]): Attributes {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue ?? '',
    ]),
  );
}
