import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Deployment, deployOwn } from '../conformance/deployment.ts';
import { flowBundle, line, setBody } from '../support/flow-bundle.ts';

export const LOCAL_ONLY = 'starts an instance in streaming mode';

let deployment: Deployment;

before(async () => {
  deployment = await deployOwn({ FLOWGATE_HTTP_STREAMING: 'on' });
  const echo = flowBundle({
    id: 'Echo',
    senders: [
      { adapter: 'HTTPS', to: 'Start_1', properties: { urlPath: '/echo/*', maximumBodySize: '1' } },
    ],
    processes: [line(setBody('Echo', '${body}|${header.CamelHttpPath}|${header.q}'))],
  });
  assert.equal(await deployment.admin.deploy('Echo', echo), 'SUCCESS');
});

function send(path: string, chunks: readonly string[], more: RequestInit = {}): Promise<Response> {
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });
  const init = {
    method: 'POST',
    headers: { authorization: `Bearer ${deployment.token}` },
    body,
    duplex: 'half',
    ...more,
  };
  return fetch(`${deployment.url}/http/echo/${path}`, init);
}

test('a chunked body arrives whole', async () => {
  const answer = await send('x?q=1', ['one ', 'two ', 'three']);
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), 'one two three|x|1');
});

test('a chunked body above the limit of the channel is 413 and no message', async () => {
  const answer = await send(
    'x',
    Array.from({ length: 40 }, () => 'x'.repeat(64 * 1024)),
  );
  assert.equal(answer.status, 413);
  const filter = encodeURIComponent("IntegrationArtifact/Id eq 'Echo' and Status eq 'FAILED'");
  const logs = await deployment.admin.send(
    'GET',
    `/api/v1/MessageProcessingLogs?$filter=${filter}`,
  );
  assert.deepEqual(((await logs.json()) as { d: { results: unknown[] } }).d.results, []);
});

test('repeated query parameters, an escaped slash and a body with a length arrive as in buffered mode', async () => {
  const answer = await send('a%2Fb?q=1&q=2', [], { body: 'plain' });
  assert.equal(await answer.text(), 'plain|a%2Fb|[1, 2]');
});

test('HEAD has no body, an empty answer is 204, and a refusal has its members', async () => {
  const headers = { authorization: `Bearer ${deployment.token}` };
  const head = await fetch(`${deployment.url}/http/echo/x`, { method: 'HEAD', headers });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  const refused = await fetch(`${deployment.url}/http/echo/x`, { method: 'POST' });
  assert.equal(refused.status, 401);
  assert.equal(((await refused.json()) as { reason: string }).reason, 'missing_token');
});

test('a client that goes in the middle of its body leaves no message behind', async () => {
  const aborted = new AbortController();
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.from('begun'));
      setTimeout(() => aborted.abort(), 100);
      return new Promise(() => undefined);
    },
  });
  await assert.rejects(send('gone', [], { body, signal: aborted.signal }));
  const answer = await send('after', ['still here']);
  assert.equal(await answer.text(), 'still here|after|');
});
