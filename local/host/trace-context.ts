import { randomUUID } from 'node:crypto';
import type { RpcTraceContext } from './rpc.ts';

/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00 as .NET reads it. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?$/;

/**
 * What the host tells a function of the trace that its call belongs to. ASP.NET gives each request
 * an activity of its own, within the trace of the caller or a new one, and the host hands on that
 * activity's id (`RpcTraceContext` of the worker's protocol): a function never sees the span id that
 * the caller has sent. A new trace is sampled, as with `telemetryMode` OpenTelemetry.
 */
export function traceContextOf(
  headers: Readonly<Record<string, string | string[] | undefined>> = {},
): RpcTraceContext {
  const { traceparent, tracestate } = headers;
  const [, traceId, flags] = TRACEPARENT.exec(textOf(traceparent)) ?? [];
  return {
    traceParent: `00-${traceId ?? randomHex()}-${randomHex().slice(16)}-${flags ?? '01'}`,
    traceState: traceId === undefined ? '' : textOf(tracestate),
    attributes: {},
  };
}

/** 32 digits. UUIDs are drawn in bulk: other random bytes cost ten times as much a draw. */
function randomHex(): string {
  return randomUUID().replaceAll('-', '');
}

/** Node joins repeated headers with a comma, which makes one that is malformed. */
function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}
