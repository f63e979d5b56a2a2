import type { Template } from '../../expressions/simple.ts';
import type { Channel } from '../../model/flow-model.ts';
import type { ReceiverCompileContext } from '../compiler.ts';
import { faultOfAddress } from './address.compile.ts';
import {
  type ChannelReader,
  flag,
  isOpen,
  quoted,
  template,
  wholeNumber,
} from './channel-reader.ts';
import type { Authentication, HeaderList, HttpConfig } from './config.ts';
import { MAX_LISTED_HEADERS, readHeaderList } from './header-list.ts';
import { compileRetry } from './retry.compile.ts';

/** SAP Help, HTTP Receiver Adapter. */
export function compileHttp(channel: Channel, { fault }: ReceiverCompileContext): HttpConfig {
  const text = (property: string): string => (channel.properties.get(property) ?? '').trim();
  const reader: ChannelReader = { text, fault };
  refuseWhatIsMissing(reader);
  const address = template('httpAddressWithoutQuery', reader);
  const authentication = compileAuthentication(reader);
  const isTls = authentication.method === 'Client Certificate';
  const clause = faultOfAddress(address, isTls);
  // An expression that cannot be used has been told of.
  const isRead = address.length > 0 || text('httpAddressWithoutQuery') === '';
  if (isRead && clause !== undefined) fault(clause, { property: 'httpAddressWithoutQuery' });
  return {
    address,
    query: template('httpAddressQuery', reader),
    method: compileMethod(reader),
    sendBody: flag('httpShouldSendBody', false, reader),
    authentication,
    timeoutMs: wholeNumber('httpRequestTimeout', [1, 2 ** 31 - 1], 60_000, reader),
    throwOnFailure: flag('throwExceptionOnFailure', true, reader),
    // Versions of the adapter that have no such list send all headers.
    requestHeaders: headerList(
      'allowedRequestHeaders',
      !channel.properties.has('allowedRequestHeaders'),
      reader,
    ),
    responseHeaders: headerList(
      'allowedResponseHeaders',
      text('allowedResponseHeaders') === '',
      reader,
    ),
    retry: compileRetry(channel, reader),
  };
}

function refuseWhatIsMissing({ text, fault }: ChannelReader): void {
  const proxy = text('proxyType');
  if (/^(sapcc|on-?premise)$/i.test(proxy)) {
    fault(
      'goes through the SAP Cloud Connector (proxy type On-Premise), which is not available yet',
      {
        kind: 'missing',
        capability: 'receiver HTTP with proxy type On-Premise',
        property: 'proxyType',
      },
    );
  } else if (!/^(|default|internet|none)$/i.test(proxy)) {
    fault(`has the proxy type ${quoted(proxy)}, which is not available yet`, {
      kind: 'missing',
      capability: `receiver HTTP with proxy type ${proxy}`,
      property: 'proxyType',
    });
  }
  for (const property of ['providerName', 'providerUrl', 'providerRelativeUrl']) {
    if (text(property) === '') continue;
    fault('takes its address from an API provider, which is not available yet', {
      kind: 'missing',
      capability: 'receiver HTTP with an API provider',
      property,
    });
    break;
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

function compileMethod(reader: ChannelReader): HttpConfig['method'] {
  const written = reader.text('httpMethod').toUpperCase();
  if (written === 'DYNAMIC') return { expression: template('methodSourceExpression', reader) };
  if (written.includes('${')) return { expression: template('httpMethod', reader) };
  if (written === '') return 'POST';
  if (!METHODS.includes(written) && !isOpen(written)) {
    reader.fault(`has the method ${quoted(written)}; it can be ${METHODS.join(', ')} or Dynamic`, {
      property: 'httpMethod',
    });
  }
  return written;
}

function compileAuthentication(reader: ChannelReader): Authentication {
  const method = reader.text('authenticationMethod') || 'None';
  switch (method) {
    case 'None':
      return { method };
    case 'Basic':
    case 'OAuth2 Client Credentials':
      return { method, credential: named('credentialName', 'credential name', method, reader) };
    case 'Client Certificate':
      return { method, alias: named('privateKeyAlias', 'private key alias', method, reader) };
  }
  if (!isOpen(method)) {
    reader.fault(`has the authentication ${quoted(method)}, which is not available yet`, {
      kind: 'missing',
      capability: `receiver HTTP with authentication ${method}`,
      property: 'authenticationMethod',
    });
  }
  return { method: 'None' };
}

function named(property: string, what: string, method: string, reader: ChannelReader): Template {
  if (reader.text(property) === '') {
    reader.fault(`has the authentication ${method} and no ${what}`, { property });
  }
  return template(property, reader);
}

function headerList(property: string, byDefault: boolean, reader: ChannelReader): HeaderList {
  if (byDefault) return { all: true };
  const written = reader.text(property);
  if (written.includes('${')) return { expression: template(property, reader) };
  const list = readHeaderList(written);
  if (list !== undefined) return list;
  const clause = `names more than ${MAX_LISTED_HEADERS} headers in ${property}; write * for all`;
  reader.fault(clause, { property });
  return { names: [] };
}
