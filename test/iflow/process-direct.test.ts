import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnknownRevision } from '../../shared/iflow/deployment/directory.ts';
import { flowBundle, line, type NodeDescription, setBody } from '../support/flow-bundle.ts';
import { deploymentOf, directoryOf, processed } from './processing.ts';
import { environmentOf, exchangeOf } from './running.ts';

const asking = (then: string, settings: Record<string, string> = {}): Uint8Array =>
  flowBundle({
    id: 'Asking',
    settings,
    receivers: [{ from: 'Ask', adapter: 'ProcessDirect', properties: { address: '/answers' } }],
    processes: [line({ id: 'Ask', cname: 'ExternalCall' }, setBody('Tell', then))],
  });

const answering = (...nodes: readonly NodeDescription[]): Uint8Array =>
  flowBundle({
    id: 'Answering',
    senders: [{ adapter: 'ProcessDirect', to: 'Start_1', properties: { address: '/answers' } }],
    processes: [line(...nodes)],
  });

// SAP Help, Headers and Exchange Properties Provided by the Integration Framework
test('a flow that takes every header keeps the ids of its own message when another has answered it', async () => {
  const told =
    '${header.SAP_MessageProcessingLogID} ${header.SAP_MplCorrelationId} ${header.SapAuthenticatedUserName}';
  const exchange = exchangeOf('x', {
    SAP_MessageProcessingLogID: 'own id',
    SAP_MplCorrelationId: 'own correlation',
    SapAuthenticatedUserName: 'sender',
  });
  const bundles = [asking(told, { allowedHeaderList: '*' }), answering(setBody('Work', 'done'))];
  const { outcome } = await processed(bundles, { exchange });
  assert.deepEqual(outcome, { result: 'own id own correlation sender' });
});

// SAP Help, Headers and Exchange Properties Provided by the Integration Framework
test('a flow that is handed the message of a certificate has no header SapAuthenticatedUserName', async () => {
  const users: (readonly unknown[])[] = [];
  const environment = environmentOf({
    run({ message }) {
      users.push(message.headers.filter(([name]) => name === 'SapAuthenticatedUserName'));
      return Promise.resolve({ ...message, log: [] });
    },
    close: () => Promise.resolve(),
  });
  const answers = flowBundle({
    id: 'Answering',
    senders: [{ adapter: 'ProcessDirect', to: 'Start_1', properties: { address: '/answers' } }],
    processes: [line({ id: 'Look', cname: 'JavaScript', properties: { script: 'look.js' } })],
    files: { 'script/look.js': 'function processData(message) { return message; }' },
  });
  const bundles = [asking('${body}'), answers];
  await processed(bundles, { environment });
  await processed(bundles, { environment, user: '', sender: 'CN=partner' });
  assert.deepEqual(users, [[['SapAuthenticatedUserName', 'oauth_client_a']], []]);
});

test('a message for a flow that was deployed again a moment ago is handed to what is deployed', async () => {
  const { outcome, log } = await processed(
    [asking('${body}'), answering(setBody('Work', 'done'))],
    {
      deployments(flows) {
        const [, replaced] = flows;
        assert.ok(replaced);
        const directory = directoryOf(flows);
        return {
          async current(maxAgeMs) {
            const fresh = await directory.current();
            if (maxAgeMs !== undefined) return fresh;
            const stale = { ...deploymentOf(replaced), revision: 'the one before' };
            return { generation: '0', deployments: [stale] };
          },
          compiledFlow: (revision) =>
            revision === 'the one before'
              ? Promise.reject(new UnknownRevision(revision))
              : directory.compiledFlow(revision),
        };
      },
    },
  );
  assert.deepEqual(outcome, { result: 'done' });
  assert.deepEqual(log, [
    ['Answering', 'COMPLETED', ''],
    ['Asking', 'COMPLETED', ''],
  ]);
});

test('a message for a flow that another instance has deployed a moment ago finds it', async () => {
  const { outcome } = await processed([asking('${body}'), answering(setBody('Work', 'done'))], {
    deployments(flows) {
      const directory = directoryOf(flows);
      return {
        ...directory,
        current: (maxAgeMs) =>
          maxAgeMs === undefined
            ? Promise.resolve({ generation: '0', deployments: [] })
            : directory.current(),
      };
    },
  });
  assert.deepEqual(outcome, { result: 'done' });
});

test('flows that hand a message to each other in a circle fail, each with its entry in the log', async () => {
  const circle = flowBundle({
    id: 'Circle',
    senders: [
      { adapter: 'HTTPS', to: 'Start_1' },
      { adapter: 'ProcessDirect', to: 'Start_1', properties: { address: '/answers' } },
    ],
    receivers: [{ from: 'Ask', adapter: 'ProcessDirect', properties: { address: '/answers' } }],
    processes: [line({ id: 'Ask', cname: 'ExternalCall' })],
  });
  const { outcome, log } = await processed([circle]);
  const failure =
    'Flows hand the message on more than 20 times: do they call each other in a circle?';
  assert.deepEqual(outcome, { failure, reason: 'process_direct' });
  assert.deepEqual(
    log,
    Array.from({ length: 21 }, () => ['Circle', 'FAILED', failure]),
  );
});
