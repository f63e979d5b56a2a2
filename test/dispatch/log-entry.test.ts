import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLogEntry } from '../../shared/iflow/dispatch/log-entry.ts';
import { HeaderMap, type Value } from '../../shared/iflow/exchange.ts';

function senderWith(arrivedAs: Value | undefined, atEnd: Value | undefined): string {
  const headers = new HeaderMap();
  if (atEnd !== undefined) headers.set('SAP_Sender', atEnd);
  const arrived = new Map<string, Value>();
  if (arrivedAs !== undefined) arrived.set('sap_sender', arrivedAs);
  return makeLogEntry({
    messageGuid: 'g',
    correlationId: 'c',
    logStart: 1,
    logEnd: 2,
    user: 'oauth_client_a',
    deployment: {
      id: 'F',
      name: 'F',
      version: '1',
      packageId: 'P',
      packageName: 'P',
      status: 'STARTED',
      deployedBy: 'd',
      deployedOn: 0,
      revision: 'r',
      addresses: [],
      faults: [],
    },
    exchange: { body: '', headers, properties: new Map(), attachments: new Map() },
    escalated: false,
    arrived,
    receivers: '',
    logLevel: 'INFO',
    scriptLog: [],
    failure: undefined,
  }).sender;
}

test('Sender is the caller, or what the flow has said', () => {
  assert.equal(senderWith(undefined, undefined), 'oauth_client_a');
  assert.equal(senderWith(undefined, 'ERP'), 'ERP');
  assert.equal(senderWith('oauth_client_b', 'ERP'), 'ERP');
});

test('a caller cannot send under the name of another', () => {
  assert.equal(senderWith('oauth_client_b', 'oauth_client_b'), 'oauth_client_a');
  assert.equal(senderWith(['oauth_client_b', ''], ['oauth_client_b', '']), 'oauth_client_a');
});
