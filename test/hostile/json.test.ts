import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { membersOf } from '../conformance/deployment.ts';
import { ADMIN, fetchToken } from '../support/instance.ts';
import { assertClear, deployOnTwo, type TwoInstances } from './two-instances.ts';

export const LOCAL_ONLY = 'compares all that is stored before and after, on two instances';

let deployment: TwoInstances;
let adminToken: string;

before(async () => {
  deployment = await deployOnTwo();
  adminToken = await fetchToken(deployment.url, ADMIN.id, ADMIN.secret);
});

/** Sends text or bytes as JSON to every address that reads some, in turn to both instances. */
async function sendEverywhere(
  body: string | Uint8Array<ArrayBuffer>,
): Promise<readonly (readonly [path: string, status: number, text: string])[]> {
  const client = `/registry/v1/clients/${deployment.client.id}`;
  const targets = [
    ['POST', '/registry/v1/clients'],
    ['PUT', client],
    ['PATCH', client],
    ['POST', `${client}/secrets`],
    ['PUT', '/registry/v1/subscriptions/flowgateiflmap/roles/Hostile'],
    ['POST', '/api/v1/IntegrationPackages'],
    ['POST', '/api/v1/IntegrationDesigntimeArtifacts'],
    ['PUT', "/api/v1/IntegrationPackages('TestPackage')"],
  ] as const;
  return Promise.all(
    targets.map(async ([method, path], index) => {
      const response = await fetch((deployment.urls[index % 2] ?? '') + path, {
        method,
        headers: {
          authorization: `Bearer ${adminToken}`,
          accept: 'application/json',
          'content-type': 'application/json',
          'if-match': '*',
        },
        body,
      });
      return [`${method} ${path}`, response.status, await response.text()] as const;
    }),
  );
}

/** Every address refuses it clearly, nothing is stored, and the next good request works. */
async function refusedEverywhere(
  bodies: readonly (string | Uint8Array<ArrayBuffer>)[],
  statuses: readonly number[] = [400, 422],
): Promise<void> {
  const before = await deployment.stored();
  for (const body of bodies) {
    for (const [path, status, text] of await sendEverywhere(body)) {
      const about = `${path} ${Buffer.from(body).toString('utf8').slice(0, 80)}`;
      assert.ok(statuses.includes(status), `${about}: ${status} ${text.slice(0, 300)}`);
      assertClear(status, text, about);
      assert.ok(text.length < 10_000, `${about} is not repeated at length`);
    }
  }
  assert.equal(await deployment.stored(), before);
  await deployment.works();
}

test('text that is no JSON', async () => {
  await refusedEverywhere([
    '{',
    '}',
    'nul',
    "{'a':1}",
    '{a:1}',
    '{"a":1,}',
    '{"a":NaN}',
    '{"a":01}',
    '{"a":"\u0001"}',
    '{"a":"\\x"}',
    '{} {}',
    '/* */{}',
    '<client/>',
    '\u0000',
    'x'.repeat(100_000),
  ]);
});

test('JSON that is no object', async () => {
  await refusedEverywhere(['null', 'true', '1', '1e999', '"text"', '[]', '[{}]', '[[[[]]]]']);
});

test('nesting as deep as a request can be', async () => {
  const deep = 120_000;
  await refusedEverywhere([
    '['.repeat(deep),
    '['.repeat(deep) + ']'.repeat(deep),
    `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    `{"description":${'['.repeat(deep)}${']'.repeat(deep)}}`,
    `{"Id":${'['.repeat(deep)}${']'.repeat(deep)}}`,
  ]);
});

test('a member of a quarter of a megabyte, and a quarter of a megabyte of members', async () => {
  await refusedEverywhere([
    `{"description":"${'x'.repeat(250_000)}","Id":"${'x'.repeat(1000)}"}`,
    `{${Array.from({ length: 20_000 }, (_, i) => `"m${i}":1`).join()}}`,
    `{"${'k'.repeat(250_000)}":1}`,
    `{"client_name":"${'\\u0041'.repeat(40_000)}"}`,
    `{"access_token_lifetime":${'9'.repeat(200_000)},"x":1}`,
  ]);
});

test('above the limit it is 413, whatever it holds', async () => {
  const before = await deployment.stored();
  const large = `{"description":"${'x'.repeat(300 * 1024)}"}`;
  for (const [path, status, text] of await sendEverywhere(large)) {
    // What holds a bundle or a package may be larger: there the member is unknown.
    const expected = /(?:DesigntimeArtifacts|Packages|Resources)$/.test(path) ? [400] : [413];
    assert.ok(expected.includes(status), `${path} ${status} ${text}`);
    assertClear(status, text, path);
  }
  assert.equal(await deployment.stored(), before);
});

test('a member that is there twice, however it is spelt', async () => {
  const before = await deployment.stored();
  const bodies = [
    '{"description":"a","description":"b"}',
    '{"description":"a","descri\\u0070tion":"b"}',
    '{"enabled":true,"enabled":true}',
  ];
  for (const body of bodies) {
    for (const [path, status, text] of await sendEverywhere(body)) {
      if (!path.includes('/registry/')) continue;
      assert.ok([400, 422].includes(status), `${path} ${status}`);
      assert.match(text, /twice|no such member/);
    }
  }
  assert.equal(await deployment.stored(), before);
});

test('__proto__, constructor and prototype are unknown members and change nothing about the next client', async () => {
  await refusedEverywhere([
    '{"__proto__":{"enabled":false,"access_token_lifetime":60}}',
    '{"constructor":{"prototype":{"enabled":false}}}',
    '{"__proto__":null}',
    '{"toString":"x"}',
    '{"hasOwnProperty":1}',
    '{"__proto__":{"d":{"Id":"x"}}}',
  ]);
  const made = await deployment.admin.send('POST', '/registry/v1/clients', { client_id: 'plain' });
  const client = await membersOf(made);
  assert.deepEqual([client['enabled'], client['access_token_lifetime']], [true, 3600]);
  const gone = await deployment.otherAdmin.send('DELETE', '/registry/v1/clients/plain', undefined, {
    'if-match': '*',
  });
  assert.equal(gone.status, 204);
});

test('every member of a client with every wrong type is 422 and named', async () => {
  const before = await deployment.stored();
  const members = {
    client_id: 'text',
    client_name: 'text',
    description: 'text',
    subscription: 'text',
    scope: 'text',
    client_secret: 'text',
    token_endpoint_auth_method: 'text',
    grant_types: 'list',
    redirect_uris: 'list',
    allowed_origins: 'list',
    access_token_lifetime: 'number',
    refresh_token_lifetime: 'number',
    client_secret_expires_at: 'number',
    enabled: 'boolean',
  };
  const values: readonly (readonly [string, string])[] = [
    ['number', '-1.5'],
    ['number', '1e400'],
    ['number', '9007199254740993'],
    ['object', '{}'],
    ['object', '{"length":1}'],
    ['list', '[]'],
    ['list', '[[]]'],
    ['list', '[null]'],
    ['list', '[1]'],
    ['boolean', 'true'],
    ['text', '"\\ud800"'],
    ['text', '"\\u0000"'],
  ];
  for (const [name, type] of Object.entries(members)) {
    for (const [kind, value] of values) {
      // An empty list, and true, are what some members take.
      if (kind === type && ['[]', 'true'].includes(value)) continue;
      const response = await fetch(`${deployment.url}/registry/v1/clients`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        body: `{"${name}":${value}}`,
      });
      const text = await response.text();
      if (name === 'grant_types' && value === '[]') assert.match(text, /at least one/);
      assert.equal(response.status, 422, `${name} ${value} ${text}`);
      assert.ok(text.includes(`"/${name}`), `${name} ${value} ${text}`);
      assertClear(422, text, name);
    }
  }
  assert.equal(await deployment.stored(), before);
});

test('other encodings than UTF-8, and text that is none', async () => {
  const before = await deployment.stored();
  const bodies = [
    Buffer.from('{"description":"x"}', 'utf16le'),
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('{}', 'utf16le')]),
    Buffer.from('{"description":"\xff\xfe"}', 'latin1'),
    Buffer.from([0xc0, 0x80]),
    Buffer.alloc(1000),
  ];
  for (const body of bodies) {
    for (const [path, status, text] of await sendEverywhere(body)) {
      assertClear(status, text, path);
    }
  }
  assert.equal(await deployment.stored(), before);
  await deployment.works();
});
