import type { HttpCall } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { type Exchange, HeaderMap, type Value } from '../exchange.ts';
import type { FlowSettings } from '../flow.ts';
import { isReserved, ruleOf } from '../allowed-headers.ts';
import type { SenderCertificate } from './certificates.ts';

/** What the adapter knows of a message besides the request itself. */
export interface Arrival {
  readonly messageGuid: string;
  readonly correlationId: string;
  /** '' where it is a client certificate that was shown. */
  readonly user: string;
  /** The client certificate that was verified, if it was one that let the caller in. */
  readonly certificate?: Pick<SenderCertificate, 'name' | 'encoded'> | undefined;
  /** As configured on the channel. */
  readonly address: string;
  /** What `*` of the address has matched, without leading slash; '' for an address without one. */
  readonly wildcardTail: string;
}

/**
 * Makes the exchange that an HTTPS sender hands to its flow: the body, the headers that SAP's
 * adapter sets, every query parameter as a header, and of the other request headers those that the
 * flow allows (SAP Help: HTTPS Sender Adapter; Specify the Runtime Configuration).
 * @throws {Fault} 400 for more than 1,000 query parameters.
 */
export function makeExchange(
  call: HttpCall,
  body: Uint8Array,
  arrival: Arrival,
  settings: Pick<FlowSettings, 'allowedHeaders'>,
): Exchange {
  const headers = new HeaderMap();
  if (settings.allowedHeaders.length > 0) {
    const spellingOf = ruleOf(settings.allowedHeaders);
    for (const [name, value] of call.headers) {
      const spelling = isReserved(name) ? undefined : spellingOf(name);
      if (spelling !== undefined) headers.set(spelling, value);
    }
    if (arrival.certificate !== undefined) {
      const { name, encoded } = arrival.certificate;
      if (spellingOf('ssl_client_cert') !== undefined) headers.set('SSL_CLIENT_CERT', encoded);
      if (spellingOf('ssl_client_user') !== undefined) headers.set('SSL_CLIENT_USER', name);
    }
  }
  const contentType = call.headers.get('content-type');
  if (contentType !== null) headers.set('Content-Type', contentType);
  for (const [name, values] of readQuery(call.url.searchParams)) {
    const before = headers.get(name);
    const all = before === undefined ? values : [before, ...values];
    headers.set(name, all.length === 1 ? (all[0] ?? '') : all);
  }
  headers.set('CamelHttpMethod', call.method);
  headers.set('CamelHttpUrl', call.url.origin + call.url.pathname);
  headers.set('CamelHttpQuery', call.url.search.slice(1));
  headers.set('CamelHttpPath', arrival.wildcardTail);
  headers.set('CamelServletContextPath', arrival.address);
  if (arrival.user !== '') headers.set('SapAuthenticatedUserName', arrival.user);
  headers.set('SAP_MessageProcessingLogID', arrival.messageGuid);
  headers.set('SAP_MplCorrelationId', arrival.correlationId);
  return {
    body,
    headers,
    properties: new Map<string, Value>([
      ['SAP_MessageProcessingLogID', arrival.messageGuid],
      ['SAP_MplCorrelationId', arrival.correlationId],
    ]),
    attachments: new Map(),
  };
}

/** Tomcat's own limit, behind which Cloud Integration's adapter runs. */
const MOST_PARAMETERS = 1000;

/** Values by name, case ignored; names keep the spelling of the first. */
function readQuery(query: URLSearchParams): Iterable<[name: string, values: Value[]]> {
  if (query.size > MOST_PARAMETERS) {
    throw new Fault(400, `The query may have ${MOST_PARAMETERS} parameters.`, {
      reason: 'too_many_parameters',
    });
  }
  const found = new Map<string, [name: string, values: Value[]]>();
  for (const [name, value] of query) {
    if (name === '' || isReserved(name)) continue;
    const entry = found.get(name.toLowerCase());
    if (entry === undefined) found.set(name.toLowerCase(), [name, [value]]);
    else entry[1].push(value);
  }
  return found.values();
}
