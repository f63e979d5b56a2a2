/** W3C Trace Context (https://www.w3.org/TR/trace-context/), level 1. */
export interface TraceContext {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** 16 hex digits, not all zero. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** As it came; '' for none. */
  readonly traceState: string;
}

export interface TraceHeaders {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** Section 3.2: later versions may append fields, version ff is none. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
/** Section 3.3.1.5 asks for 512 characters at least; what is longer may be dropped. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** The host's names for the W3C headers (`InvocationContext.traceContext`). */
export interface HostTraceContext {
  readonly traceParent?: string | undefined;
  readonly traceState?: string | undefined;
}

/** @returns undefined for none, and for one that is malformed: the call then begins a trace. */
export function parseContext(host: HostTraceContext | undefined): TraceContext | undefined {
  const match = TRACEPARENT.exec(host?.traceParent ?? '');
  const [, traceId, spanId, flags] = match ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const traceState = host?.traceState ?? '';
  return {
    traceId,
    spanId,
    sampled: (Number.parseInt(flags, 16) & 1) === 1,
    traceState: TRACESTATE.test(traceState) ? traceState : '',
  };
}

export function formatContext({
  traceId,
  spanId,
  sampled,
  traceState,
}: TraceContext): TraceHeaders {
  const traceparent = `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
  return traceState === '' ? { traceparent } : { traceparent, tracestate: traceState };
}
