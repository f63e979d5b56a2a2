import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diag } from 'libxml2-wasm';
import { ApartTasks } from '../../shared/iflow/apart/worker-tasks.ts';

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
  const tasks = new ApartTasks();
  const task = { language: 'apart', name: 'schema', key: 'schema 1', hasResource: true } as const;
  tasks.load('schema 1', SCHEMA);
  assert.deepEqual(await tasks.run({ ...task, input: { body: '<a/>' } }), { output: [] });
  assert.deepEqual(await tasks.run({ ...task, input: { body: '<a/>' } }), { output: [] });
  assert.equal(held(), 1);
  tasks.drop('schema 1');
  tasks.drop('schema 1');
  assert.equal(held(), 0);
  await assert.rejects(tasks.run({ ...task, input: { body: '<a/>' } }), /has no resource/);
});
