import type { Attributes, Meter } from './telemetry.ts';

/** The log event of a call, as `http/endpoint.ts` writes it. */
export interface CallEvent {
  /** Name of the function. */
  readonly event: string;
  readonly method: string;
  readonly status: number;
  readonly ms: number;
  readonly [field: string]: string | number | boolean;
}

/** Counts what a call has come to, by what its log event says. */
export function countCall(meter: Meter, call: CallEvent): void {
  const { event, status } = call;
  meter.record('flowgate.call.duration', call.ms, { function: event, status });
  const reason = textOf(call, 'reason');
  if (reason === 'throttled') meter.count('flowgate.sign_ins.throttled');
  switch (event) {
    case 'token':
    case 'token-alias':
      if (status === 200) meter.count('flowgate.tokens.issued');
      else if (status >= 400) meter.count('flowgate.tokens.refused', 1, { reason });
      break;
    case 'dispatch':
      if ('message' in call) meter.count('flowgate.messages', 1, { outcome: outcomeOf(reason) });
      else if (status >= 400) meter.count('flowgate.dispatch.refused', 1, { reason });
  }
}

/** `failed`: by the flow's own doing; `error`: by ours, or because too many scripts run. */
function outcomeOf(reason: string): 'completed' | 'failed' | 'error' {
  if (reason === '') return 'completed';
  return reason === 'flow_failed' ? 'failed' : 'error';
}

const NAMES = {
  client: 'flowgate.client_id',
  client_id: 'flowgate.client_id',
  iflow: 'flowgate.iflow',
  message: 'flowgate.message_guid',
  reason: 'flowgate.reason',
  token_check: 'flowgate.token_check',
};

/** What of the log event the call's span shows. */
export function spanAttributes(call: CallEvent): Attributes {
  const attributes: Record<string, string | number | boolean> = {
    'faas.name': call.event,
    'http.request.method': call.method,
    'http.response.status_code': call.status,
  };
  for (const [field, name] of Object.entries(NAMES)) {
    const value = call[field];
    if (value !== undefined) attributes[name] = value;
  }
  return attributes;
}

function textOf(call: CallEvent, field: string): string {
  const value = call[field];
  return typeof value === 'string' ? value : '';
}
