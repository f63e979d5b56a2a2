import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { helloWorldBundle } from '../../shared/iflow/design/hello-world.ts';
import { fetchToken } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';
import { type Answer, send } from './running-instances.ts';

export const REMOTE = true;

let target: Target;
let token: string;
/** A package, and an artifact that must never be there. */
let odata: string;
let evil: string;

before(async () => {
  target = await openTarget({ instances: 2 });
  const { url, administrator, name } = target;
  token = await fetchToken(url, administrator.id, administrator.secret);
  odata = name('Odata');
  evil = name('Evil');
  const made = { Id: odata, Name: odata, ShortText: 'x' };
  const response = await target.admin.send('POST', '/api/v1/IntegrationPackages', made);
  assert.equal(response.status, 201);
});

async function assertWell(): Promise<void> {
  for (const url of target.urls) assert.equal((await fetch(`${url}/health/live`)).status, 200);
  assert.equal((await ask(`IntegrationPackages('${odata}')`)).status, 200);
}

/** The same to all instances, which answer alike. */
async function ask(path: string, method = 'GET', body?: string, type?: string): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    ...(type === undefined ? {} : { 'content-type': type }),
  };
  const given = { method, headers, ...(body === undefined ? {} : { body }) };
  const [first, ...others] = await Promise.all(
    target.urls.map((url) => send(url, `/api/v1/${path}`, given)),
  );
  assert.ok(first !== undefined);
  for (const other of others) {
    assert.deepEqual([first.status, first.text], [other.status, other.text], path);
  }
  return first;
}

function assertExplained(answer: Answer, status: readonly number[]): void {
  assert.ok(status.includes(answer.status), `${answer.status} ${answer.text}`);
  // A format that is none is answered in the one that OData V2 begins with.
  const text = answer.text.startsWith('<')
    ? /<message xml:lang="en">(.*)<\/message>/.exec(answer.text)?.[1]
    : (JSON.parse(answer.text) as { error: { message: { value: string } } }).error.message.value;
  assert.match(text ?? '', /^[A-Z$'].*[.']$/);
  assert.doesNotMatch(answer.text, /Error:|node:|\n\s+at |SyntaxError/);
}

const LOGS = 'MessageProcessingLogs';
const queries: readonly string[] = [
  `$filter=${'('.repeat(1500)}Status%20eq%20'x'${')'.repeat(1500)}`,
  `$filter=${'('.repeat(3900)}`,
  `$filter=${"Status%20eq%20'a'%20or%20".repeat(300)}Status%20eq%20'a'`,
  "$filter=Status%20eq%20'",
  "$filter=Status%20eq%20'a'%20and",
  '$filter=',
  '$filter=%00',
  '$filter=%F0%9F%98%80%20eq%201',
  "$filter=__proto__%20eq%20'a'",
  "$filter=constructor%20eq%20'a'",
  "$filter=IntegrationArtifact/constructor%20eq%20'a'",
  "$filter=substringof('a',Status)",
  "$filter=not%20(Status%20eq%20'a')",
  "$filter=LogStart%20gt%20datetime'9999-99-99T99:99:99'",
  "$filter=LogStart%20gt%20datetime'2026-01-01T00:00:00'--",
  '$top=1e99',
  '$top=-1',
  '$top=99999999999999999999',
  '$top=1.5',
  '$top=0x10',
  '$top=1&$top=2',
  '$skip=NaN',
  '$skip=Infinity',
  '$orderby=Status%20sideways',
  `$orderby=${'Status,'.repeat(60)}Status`,
  '$orderby=constructor',
  '$select=__proto__',
  '$expand=__proto__',
  '$expand=IntegrationArtifact/../..',
  '$inlinecount=some',
  '$format=exe',
  '$unknown=1',
  '$skiptoken=a',
  '$apply=aggregate',
];

for (const query of queries) {
  test(`?${query.slice(0, 50)} is refused with a sentence`, async () => {
    assertExplained(await ask(`${LOGS}?${query}`), [400, 501]);
  });
}

test('the largest figures that are figures are answered', async () => {
  for (const query of ['$top=999999999', '$skip=999999999&$top=999999999', '$top=0']) {
    assert.equal((await ask(`${LOGS}?${query}`)).status, 200, query);
  }
});

const paths: readonly string[] = [
  "IntegrationPackages('",
  "IntegrationPackages('a'b')",
  "IntegrationPackages('a','b')",
  "IntegrationPackages(Id='a',Id='b')",
  "IntegrationPackages('%00')",
  "IntegrationPackages('%ff')",
  `IntegrationPackages('${'a'.repeat(5000)}')`,
  "IntegrationPackages(')(')",
  "IntegrationPackages('a')/constructor",
  '__proto__',
  'constructor',
  "toString('a')",
  `${'a/'.repeat(20)}a`,
  "IntegrationDesigntimeArtifacts(Id='a',Version='../../active')",
  "MessageProcessingLogs('../../etc/passwd')",
  `MessageProcessingLogs('${'A'.repeat(28)}')`,
];

for (const path of paths) {
  test(`the address ${path.slice(0, 50)} is refused, and nothing is read or written`, async () => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await ask(path, method);
      assert.ok([400, 404, 405].includes(answer.status), `${answer.status} ${answer.text}`);
    }
    assert.equal((await ask(`IntegrationPackages('${odata}')`)).status, 200);
  });
}

test('keys with quotes and slashes name what they say, and are not found', async () => {
  for (const key of [
    "O''Brien",
    "a''''b",
    'a/b',
    'a%2Fb',
    '%27%27',
    'a%23b',
    'a%3Fb',
    '%F0%9F%98%80',
  ]) {
    const answer = await ask(`IntegrationPackages('${key}')`);
    assert.equal(answer.status, 404, `${key}: ${answer.text}`);
  }
});

const ARTIFACTS = 'IntegrationDesigntimeArtifacts';
const bodies: readonly [what: string, body: string, type: string, status: number][] = [
  ['nothing', '', 'application/json', 400],
  ['no JSON', '{', 'application/json', 400],
  ['a list', '[]', 'application/json', 400],
  ['null', 'null', 'application/json', 400],
  ['deep JSON', '['.repeat(200_000), 'application/json', 400],
  ['deep d', '{"d":'.repeat(50_000) + '1' + '}'.repeat(50_000), 'application/json', 400],
  ['another type', '<a/>', 'application/xml', 415],
  ['no type of JSON', '{}', 'text/plain', 415],
  ['a property of another type', '{"Id":{"a":1}}', 'application/json', 400],
  ['an unknown property', '{"Id":"a","Nothing":"b"}', 'application/json', 400],
  ['a prototype', '{"__proto__":{"Id":"Evil"},"PackageId":"Odata"}', 'application/json', 400],
  ['an id with a path', '{"Id":"../evil","PackageId":"Odata"}', 'application/json', 400],
  ['an id of 10 KB', `{"Id":"${'a'.repeat(10_000)}","PackageId":"Odata"}`, 'application/json', 400],
  ['an unknown package', '{"Id":"Evil","PackageId":"a/b#c?d\\u0000"}', 'application/json', 404],
  ...['', '!!!!', 'AAA', 'UEsDBA=', 'ÄÖÜ', 'UEsDBAo', '%%%%'].map(
    (content): [string, string, string, number] => [
      `the base64 ${JSON.stringify(content)}`,
      JSON.stringify({ Id: 'Evil', PackageId: 'Odata', ArtifactContent: content }),
      'application/json',
      400,
    ],
  ),
];

for (const [what, body, type, status] of bodies) {
  test(`a new artifact with ${what} is refused with a sentence, and nothing is stored`, async () => {
    const sent = body.replaceAll('"Odata"', `"${odata}"`).replaceAll('"Evil"', `"${evil}"`);
    assertExplained(await ask(ARTIFACTS, 'POST', sent, type), [status]);
    assert.equal((await ask(`${ARTIFACTS}(Id='${evil}',Version='active')`)).status, 404);
    assert.match(
      (await ask(`IntegrationPackages('${odata}')/IntegrationDesigntimeArtifacts`)).text,
      /"results":\[\]/,
    );
  });
}

test('a bundle of 41 MB is 413, whether it is announced or only there; the next good one is taken', async () => {
  const content = Buffer.alloc(41 * 1024 * 1024).toString('base64');
  const body = JSON.stringify({ Id: evil, PackageId: odata, ArtifactContent: content });
  assertExplained(await ask(ARTIFACTS, 'POST', body, 'application/json'), [413]);
  assert.equal((await ask(`${ARTIFACTS}(Id='${evil}',Version='active')`)).status, 404);
  const name = target.name('HelloWorld');
  const good = Buffer.from(helloWorldBundle()).toString('base64');
  const made = await target.admin.send('POST', `/api/v1/${ARTIFACTS}`, {
    Id: name,
    Name: name,
    PackageId: odata,
    ArtifactContent: good,
  });
  assert.equal(made.status, 201);
  assert.equal((await ask(`${ARTIFACTS}(Id='${name}',Version='active')`)).status, 200);
  await target.admin.send('DELETE', `/api/v1/${ARTIFACTS}(Id='${name}',Version='active')`);
  await assertWell();
});

test('function imports with arguments that are none are refused, and deploy nothing', async () => {
  for (const query of [
    "Id='a",
    "Id='Calm'&Id='Calm'&Version='active'",
    'Id=Calm&Version=active',
    '',
  ]) {
    assertExplained(await ask(`DeployIntegrationDesigntimeArtifact?${query}`, 'POST'), [400]);
  }
  const unknown = await ask(
    "DeployIntegrationDesigntimeArtifact?Id='__proto__'&Version='active'",
    'POST',
  );
  assertExplained(unknown, [404]);
  assert.equal((await ask("BuildAndDeployStatus(TaskId='../../etc')")).status, 404);
  await assertWell();
});
