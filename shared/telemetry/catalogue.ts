/**
 * Every metric and every span that Flowgate makes, by the name under which it is exported.
 * docs/operations.md has the same names, and infra/alerts.bicep uses no other; tests keep the three
 * together. Attributes have few values each: no client id, no address, nothing that a caller chooses.
 */

interface MetricDescription {
  /** As UCUM writes it, where it is a unit. */
  readonly unit: string;
  readonly description: string;
}

/** Sums of what has happened. */
export const counters = {
  'flowgate.tokens.issued': { unit: '{token}', description: 'Access tokens issued' },
  'flowgate.tokens.refused': {
    unit: '{request}',
    description: 'Token requests refused, by reason',
  },
  'flowgate.messages': {
    unit: '{message}',
    description: 'Messages that reached an iFlow, by outcome',
  },
  'flowgate.dispatch.refused': {
    unit: '{request}',
    description: 'Calls under /http/ that reached no iFlow, by reason',
  },
  'flowgate.sign_ins.throttled': {
    unit: '{request}',
    description: 'Calls answered 429 because sign-ins from their address have failed',
  },
  'flowgate.calls.shed': {
    unit: '{request}',
    description: 'Calls refused for overload, by reason',
  },
  'flowgate.entries.given_up': {
    unit: '{entry}',
    description: 'Log entries lost because storage took none for too long, by log',
  },
  'flowgate.storage.failures': {
    unit: '{operation}',
    description: 'Storage operations that failed after their retries, by operation',
  },
  'flowgate.script_workers.replaced': {
    unit: '{worker}',
    description: 'Script workers ended because a script overran its limits',
  },
  'flowgate.instance.starts': { unit: '{instance}', description: 'Instances started' },
} as const satisfies Record<string, MetricDescription>;

/** Distributions. */
export const histograms = {
  'flowgate.call.duration': { unit: 'ms', description: 'Calls, by function and status' },
  'flowgate.storage.duration': {
    unit: 'ms',
    description: 'Storage operations with their retries, by operation and outcome',
  },
} as const satisfies Record<string, MetricDescription>;

/** What is so at the moment of a look. */
export const gauges = {
  'flowgate.entries.held': {
    unit: '{entry}',
    description: 'Log entries that wait in memory for storage, by log',
  },
  'flowgate.signing_key.age': { unit: 'd', description: 'How long the current key has signed' },
  'flowgate.event_loop.delay': {
    unit: 'ms',
    description: '99th percentile of how late timers fire, since the last look',
  },
} as const satisfies Record<string, MetricDescription>;

export type CounterName = keyof typeof counters;
export type HistogramName = keyof typeof histograms;
export type GaugeName = keyof typeof gauges;

/** Upper bounds in milliseconds: a warm token takes less than one, a flow up to 230 s. */
export const DURATION_BOUNDS = [
  1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 240_000,
];

/** Steps of a call; the call's own span has the function's name, a storage operation's the library's. */
export type SpanName =
  'client.authenticate' | 'token.sign' | 'dispatch.gate' | 'flow.run' | 'flow.step';
