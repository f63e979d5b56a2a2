import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Value } from '../../shared/iflow/exchange.ts';
import { checkScript } from '../../shared/iflow/script/check.ts';
import { guestSource } from '../../shared/iflow/script/javascript/guest-run.ts';
import { classesIn, parts } from '../../shared/iflow/script/javascript/parts.ts';
import { createWorkerPool } from '../../shared/iflow/script/workers/pool.ts';
import { noServices } from '../iflow/running.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs/iflow/scripts.md'), 'utf8');
const engine = createWorkerPool({ workers: 2 });
after(() => engine.close());

interface Example {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, Value>>;
  readonly properties?: Readonly<Record<string, Value>>;
  /** The body that it comes to; else the properties are what they come to. */
  readonly result?: string;
}

const services = {
  ...noServices,
  securityMaterial: () =>
    Promise.resolve({
      userCredentials: (name: string) =>
        Promise.resolve({ name, user: name.toLowerCase(), password: 'secret', properties: {} }),
      oauth2ClientCredentials: () => Promise.resolve(undefined),
      secureParameter: () => Promise.resolve(undefined),
      keyPair: () => Promise.resolve(undefined),
    }),
};

const examples = [...page.matchAll(/<!-- (\{.*\}) -->\n\n```js\n([^]*?)```/g)];

test('every example of docs/iflow/scripts.md is one that is run', () => {
  assert.ok(examples.length >= 5);
  assert.equal(page.match(/```js/g)?.length, examples.length);
});

for (const [, given = '', source = ''] of examples) {
  test(`the example with ${given.slice(0, 60)} comes to what is said`, async () => {
    const { body = '', headers = {}, properties = {}, result } = JSON.parse(given) as Example;
    assert.deepEqual(
      checkScript('JavaScript', 'example.js', source, 'processData').missingClasses,
      [],
    );
    const run = await engine.run({
      key: source,
      fileName: 'example.js',
      source,
      functionName: 'processData',
      message: {
        body,
        headers: Object.entries(headers),
        properties: result === undefined ? [] : Object.entries(properties),
        attachments: [],
      },
      services,
      limits: { timeoutMs: 5000, memoryBytes: 64 * 1024 * 1024 },
    });
    if (result === undefined) assert.deepEqual(Object.fromEntries(run.properties), properties);
    else assert.equal(run.body, result);
  });
}

test('the Java classes of docs/iflow/scripts.md are those that are there', () => {
  const documented = [...page.matchAll(/^\| `([a-z\d.]+)` +\| (`.*`) +\|$/gm)].flatMap(
    ([, name = '', classes = '']) =>
      [...classes.matchAll(/`(\w+)`/g)].map(([, simple = '']) => `${name}.${simple}`),
  );
  const there = [...parts.flatMap(({ classes }) => classes), ...classesIn(guestSource)];
  assert.deepEqual([...new Set(documented)].sort(), [...new Set(there)].sort());
});
