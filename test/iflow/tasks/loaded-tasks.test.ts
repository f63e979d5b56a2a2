import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diag } from 'libxml2-wasm';
import { LoadedTasks } from '../../../shared/iflow/tasks/loaded-tasks.ts';
import { startEngine } from '../script/engine.ts';

const SCHEMA = JSON.stringify({
  main: 'a.xsd',
  files: {
    'a.xsd':
      '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"/></xs:schema>',
  },
});

test('a worker keeps a prepared schema until it is told to drop it, and then gives its memory back', async () => {
  diag.configure({ enabled: true });
  const held = (): number => {
    const report = diag.report() as { XsdValidator?: { totalInstances: number } };
    return report.XsdValidator?.totalInstances ?? 0;
  };
  const tasks = new LoadedTasks();
  const task = { language: 'task', name: 'schema', key: 'schema 1', hasResource: true } as const;
  tasks.load('schema 1', SCHEMA);
  assert.equal(tasks.isReady(task), false);
  assert.equal(await tasks.makeReady(task), undefined);
  assert.equal(tasks.isReady(task), true);
  assert.deepEqual(await tasks.run({ ...task, input: { body: '<a/>' } }), { output: [] });
  assert.deepEqual(await tasks.run({ ...task, input: { body: '<a/>' } }), { output: [] });
  assert.equal(held(), 1);
  tasks.drop('schema 1');
  tasks.drop('schema 1');
  assert.equal(held(), 0);
  assert.equal(tasks.isReady(task), false);
  await assert.rejects(tasks.makeReady(task), /has no resource/);
});

test('compiling a schema in a worker is not counted as the time of the message that needs it first', async (t) => {
  const engine = startEngine(2);
  t.after(() => engine.close());
  const elements = Array.from(
    { length: 450 },
    (_, i) => `<xs:element name="e${i}" minOccurs="0"/>`,
  );
  const schema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a">
    <xs:complexType><xs:sequence>${elements.join('')}</xs:sequence></xs:complexType>
  </xs:element></xs:schema>`;
  const resource = JSON.stringify({ main: 'a.xsd', files: { 'a.xsd': schema } });
  const begun = performance.now();
  const findings = await engine.tasks.run(
    'schema',
    { body: '<a><e1>1</e1></a>' },
    { key: 'slow', timeoutMs: 50, resource },
  );
  assert.deepEqual(findings, []);
  assert.ok(performance.now() - begun > 150, 'it takes longer than the task may and its grace');
});
