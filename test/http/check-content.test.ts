import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { flowBundle, line, setBody } from '../support/flow-bundle.ts';
import type { Management } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

let target: Target;
let admin: Management;

before(async () => {
  target = await openTarget();
  ({ admin } = target);
});

const check = (content: Uint8Array | string): Promise<Response> =>
  admin.send('POST', '/api/v1/CheckIntegrationContent', {
    Content: typeof content === 'string' ? content : Buffer.from(content).toString('base64'),
  });

test('a bundle is checked and not kept, with what it lacks and where', async () => {
  const id = target.name('OnlyChecked');
  const bundle = flowBundle({
    id,
    processes: [line(setBody('Answer', 'x'), { id: 'Map', cname: 'MessageMapping' })],
  });
  const response = await check(bundle);
  assert.equal(response.status, 200);
  const report = (await response.json()) as {
    read: number;
    cannot: number;
    flows: { id: string; verdict: string; faults: { text: string; capability: string }[] }[];
  };
  assert.deepEqual([report.read, report.cannot], [1, 1]);
  const [flow] = report.flows;
  assert.equal(flow?.id, id);
  assert.equal(flow.verdict, 'cannot');
  assert.deepEqual(
    flow.faults.map(({ text, capability }) => [text, capability]),
    [['Step "Map" (MessageMapping) is not available yet.', 'step MessageMapping']],
  );
  const kept = await admin.send(
    'GET',
    `/api/v1/IntegrationDesigntimeArtifacts(Id='${id}',Version='active')`,
  );
  assert.equal(kept.status, 404);
});

test('what is no zip, no base64 or nothing is 400 with what to do', async () => {
  for (const content of ['bm90IGEgemlw', '***', '']) {
    const response = await check(content);
    assert.equal(response.status, 400, content);
  }
  const missing = await admin.send('POST', '/api/v1/CheckIntegrationContent', {});
  assert.equal(missing.status, 400);
});
