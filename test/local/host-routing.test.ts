import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Host, startHost } from '../../local/host/start-host.ts';

const fixtures = join(import.meta.dirname, 'fixtures');

interface Echo {
  readonly function: string;
  readonly url: string;
  readonly params: Record<string, string>;
}

suite('The local host routes as Azure does (functions-host rules 1 to 4)', () => {
  let host: Host;
  before(async () => {
    host = await startHost({ appRoot: join(fixtures, 'http'), port: 0 });
  });
  after(() => host.stop());

  const get = async (path: string): Promise<Echo> => {
    const response = await fetch(host.url + path);
    assert.equal(response.status, 200, path);
    return (await response.json()) as Echo;
  };

  test('tries functions in the order of their names, however specific their routes are', async () => {
    const { function: name, params } = await get('/items/recent');
    assert.equal(name, 'aaa');
    assert.deepEqual(params, { id: 'recent' });
  });

  test('ignores case in that order', async () => {
    assert.equal((await get('/things/fixed')).function, 'bbb');
  });

  test('answers 404 with an empty body where no route matches', async () => {
    for (const path of ['/', '/nothing', '/items', '/items/a/b']) {
      const response = await fetch(host.url + path);
      assert.equal(response.status, 404, path);
      assert.equal(await response.text(), '');
    }
  });

  test('answers 404 without Allow for a method that no function lists', async () => {
    for (const method of ['PUT', 'HEAD', 'OPTIONS', 'DELETE']) {
      const response = await fetch(`${host.url}/shared`, { method });
      assert.equal(response.status, 404, method);
      assert.equal(response.headers.get('allow'), null);
    }
  });

  test('lets two functions share a route with different methods', async () => {
    assert.equal((await get('/shared')).function, 'onlyGet');
    const posted = await fetch(`${host.url}/shared`, { method: 'POST' });
    assert.equal(((await posted.json()) as Echo).function, 'onlyPost');
  });

  test('ignores case in literals and keeps it in values', async () => {
    assert.deepEqual((await get('/ITEMS/MixedCase')).params, { id: 'MixedCase' });
  });

  test('ignores one slash at the end, which {*p} keeps', async () => {
    assert.deepEqual((await get('/items/1/')).params, { id: '1' });
    assert.deepEqual((await get('/rest/a/b/')).params, { path: 'a/b/' });
  });

  test('answers 404 for an empty segment before {*p}, and passes one inside it on', async () => {
    for (const path of ['//', '/items//1', '/items/1//', '//items/1', '/rest//a']) {
      assert.equal((await fetch(host.url + path)).status, 404, path);
    }
    assert.deepEqual((await get('/rest/a//b')).params, { path: 'a//b' });
  });

  test('leaves an absent {p?} and {*p} out of the parameters', async () => {
    assert.deepEqual((await get('/optional')).params, {});
    assert.deepEqual((await get('/optional/7')).params, { id: '7' });
    assert.deepEqual((await get('/rest')).params, {});
  });

  test('knows defaults, constraints and text around a parameter', async () => {
    assert.deepEqual((await get('/fallback')).params, { word: 'hello' });
    assert.deepEqual((await get('/numbers/42')).params, { n: '42' });
    assert.equal((await fetch(`${host.url}/numbers/4x`)).status, 404);
    assert.deepEqual((await get("/SET('it''s')/value")).params, { key: "it''s" });
    assert.equal((await fetch(`${host.url}/set('')/value`)).status, 404);
  });

  test('serves on IPv4 and IPv6', async () => {
    for (const address of ['127.0.0.1', '[::1]']) {
      assert.equal((await fetch(`http://${address}:${host.port}/items/1`)).status, 200, address);
    }
  });

  test('refuses to start on a port that is taken', async () => {
    await assert.rejects(startHost({ appRoot: join(fixtures, 'http'), port: host.port }), {
      code: 'EADDRINUSE',
    });
  });
});

suite('The local host leaves out what Azure refuses (functions-host rule 4)', () => {
  let host: Host;
  before(async () => {
    host = await startHost({ appRoot: join(fixtures, 'faulty'), port: 0 });
  });
  after(() => host.stop());

  const refusals: readonly [name: string, reason: RegExp][] = [
    ['adminRoute', /"administrators\/list" begins with "admin" or "runtime"/],
    ['runtimeRoute', /"runtime-artifacts" begins with/],
    ['adminByName', /"adminByName" begins with/],
    ['1st', /name must match/],
    ['rival', /that of the function "good"/],
    ['braces', /does not know|brace/],
    ['unknownConstraint', /constraint ":colour"/],
    ['withOutput', /binding "queue"/],
    ['badSchedule', /"61" for its second/],
    ['fiveFields', /six fields/],
    ['bus', /trigger "serviceBusTrigger"/],
  ];
  for (const [name, reason] of refusals) {
    test(`refuses the function ${name} and says why`, () => {
      const fault = host.faults.find((each) => each.includes(`Function "${name}"`));
      assert.match(fault ?? '', reason);
    });
  }

  test('serves the other functions and none of those', async () => {
    assert.equal(host.faults.length, refusals.length);
    assert.equal(await (await fetch(`${host.url}/good`)).text(), 'served');
    for (const path of ['/administrators/list', '/runtime-artifacts', '/first', '/out']) {
      assert.equal((await fetch(host.url + path)).status, 404, path);
    }
    const answer = await fetch(`${host.url}/admin/host/status`);
    const { errors } = (await answer.json()) as { errors: unknown };
    assert.deepEqual(errors, host.faults);
  });
});

suite('The local host does not start', () => {
  test('an app with an entry file that throws', async () => {
    await assert.rejects(
      startHost({ appRoot: join(fixtures, 'throwing'), port: 0 }),
      /entry file functions\/throws\.js could not be loaded/,
    );
  });

  test('a folder without host.json', async () => {
    await assert.rejects(startHost({ appRoot: fixtures, port: 0 }), /host\.json cannot be read/);
  });
});
