import type { HttpCall } from '../../http/call.ts';
import { type Exchange, HeaderMap, type Value } from '../exchange.ts';
import type { FlowSettings } from '../flow.ts';

/** What the adapter knows of a message besides the request itself. */
export interface Arrival {
  readonly messageGuid: string;
  readonly correlationId: string;
  readonly user: string;
  /** As configured on the channel. */
  readonly address: string;
  /** What `*` of the address has matched, without leading slash; '' for an address without one. */
  readonly wildcardTail: string;
}

/** Headers that only the adapter sets; a caller's are dropped even where the flow allows them. */
const RESERVED = new Set([
  'sapauthenticatedusername',
  'sap_messageprocessinglogid',
  'sap_mplcorrelationid',
  'authorization',
  'cookie',
]);

/**
 * Makes the exchange that an HTTPS sender hands to its flow: the body, the headers that SAP's
 * adapter sets, every query parameter as a header, and of the other request headers those that the
 * flow allows (SAP Help: HTTPS Sender Adapter; Specify the Runtime Configuration).
 */
export function makeExchange(
  call: HttpCall,
  body: Uint8Array,
  arrival: Arrival,
  settings: Pick<FlowSettings, 'allowedHeaders'>,
): Exchange {
  const headers = new HeaderMap();
  const allowed = settings.allowedHeaders.map(nameRule);
  if (allowed.length > 0) {
    for (const [name, value] of call.headers) {
      if (isReserved(name)) continue;
      const rule = allowed.find((r) => r.matches(name));
      if (rule !== undefined) headers.set(rule.spelling ?? name, value);
    }
  }
  const contentType = call.headers.get('content-type');
  if (contentType !== null) headers.set('Content-Type', contentType);
  for (const [name, value] of call.url.searchParams) {
    if (name === '' || isReserved(name)) continue;
    headers.set(name, appended(headers.get(name), value));
  }
  headers.set('CamelHttpMethod', call.method);
  headers.set('CamelHttpUrl', call.url.origin + call.url.pathname);
  headers.set('CamelHttpQuery', call.url.search.slice(1));
  headers.set('CamelHttpPath', arrival.wildcardTail);
  headers.set('CamelServletContextPath', arrival.address);
  headers.set('SapAuthenticatedUserName', arrival.user);
  headers.set('SAP_MessageProcessingLogID', arrival.messageGuid);
  headers.set('SAP_MplCorrelationId', arrival.correlationId);
  return {
    body,
    headers,
    properties: new Map<string, Value>([
      ['SAP_MessageProcessingLogID', arrival.messageGuid],
      ['SAP_MplCorrelationId', arrival.correlationId],
    ]),
  };
}

/** Camel's own headers would let a caller steer the flow: SAP removes them even if allowed. */
function isReserved(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith('camel') || lower.startsWith('org.apache.camel') || RESERVED.has(lower);
}

function appended(before: Value | undefined, value: string): Value {
  if (before === undefined) return value;
  return Array.isArray(before) ? [...(before as readonly Value[]), value] : [before, value];
}

interface NameRule {
  matches(name: string): boolean;
  /** The name as the flow spells it: the host hands over all names in lower case. */
  readonly spelling?: string;
}

/** An entry of Allowed Headers: a name, `*` for all, or a regular expression over whole names. */
function nameRule(entry: string): NameRule {
  if (entry === '*') return { matches: () => true };
  if (/^[\w-]+$/.test(entry)) {
    const lower = entry.toLowerCase();
    return { matches: (name) => name === lower, spelling: entry };
  }
  const pattern = compilePattern(entry);
  return { matches: (name) => name.length <= 100 && pattern.test(name) };
}

const patterns = new Map<string, RegExp>();

function compilePattern(entry: string): RegExp {
  let pattern = patterns.get(entry);
  if (pattern === undefined) {
    try {
      pattern = new RegExp(`^(?:${entry})$`, 'i');
    } catch {
      // Not a pattern in any language we know: it lets nothing in.
      pattern = /^(?!)$/;
    }
    if (patterns.size >= 1000) patterns.clear();
    patterns.set(entry, pattern);
  }
  return pattern;
}
