import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { Destination } from './sdk.ts';

/**
 * OTLP over HTTP in JSON. Endpoint, headers, timeout and compression come out of the environment, by
 * the names of https://opentelemetry.io/docs/specs/otel/protocol/exporter/.
 */
export function openOtlp(): Destination {
  return { spans: new OTLPTraceExporter(), metrics: new OTLPMetricExporter() };
}
