import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPartnerDirectory } from '../../shared/iflow/services/read-partners.ts';
import { openPartners } from '../../shared/storage/partners.ts';
import type { Answer } from '../support/call.ts';
import { type ApiUnderTest, entityIn, errorIn, resultsIn, startApi } from './api-under-test.ts';

const directoryOf = (api: ApiUnderTest) =>
  createPartnerDirectory(openPartners(api.tables), api.clock);

test('a string parameter is created, read by flows, changed within 25 s, and deleted', async () => {
  const api = await startApi();
  const directory = directoryOf(api);
  assert.equal(await directory.parameter('PartnerZ', 'Address'), undefined);
  const created = await api.post('StringParameters', {
    Pid: 'PartnerZ',
    Id: 'Address',
    Value: 'http://receiver',
  });
  assert.equal(created.status, 201);
  const path = "StringParameters(Pid='PartnerZ',Id='Address')";
  assert.equal(created.headers.get('location'), `https://flowgate.example/api/v1/${path}`);
  const read = entityIn(await api.get(path));
  assert.equal(read['Value'], 'http://receiver');
  assert.equal(read['CreatedBy'], 'oauth_client_tester');
  assert.equal(read['LastModifiedTime'], `/Date(${api.clock.now()})/`);
  api.clock.advance(25_001);
  assert.equal(await directory.parameter('PartnerZ', 'Address'), 'http://receiver');

  assert.equal((await api.put(path, { Value: 'http://other' })).status, 204);
  api.clock.advance(25_001);
  assert.equal(await directory.parameter('PartnerZ', 'Address'), 'http://other');
  assert.equal((await api.delete(path)).status, 204);
  assert.equal((await api.get(path)).status, 404);
  assert.equal((await api.put(path, { Value: 'x' })).status, 404);
  assert.equal((await api.delete(path)).status, 404);
});

test('a binary parameter holds its bytes; a string of the same id comes first', async () => {
  const api = await startApi();
  const bytes = Buffer.alloc(262_144, 1);
  const parameter = { Pid: 'P', Id: 'Mapping', ContentType: 'xsl;encoding=UTF-8' };
  const value = bytes.toString('base64');
  const created = await api.post('BinaryParameters', { ...parameter, Value: value });
  assert.equal(created.status, 201);
  const found = await directoryOf(api).parameter('P', 'Mapping');
  assert.ok(found instanceof Uint8Array && bytes.equals(found));
  const path = "BinaryParameters(Pid='P',Id='Mapping')";
  assert.equal(entityIn(await api.get(path))['Value'], value);
  assert.equal((await api.put(path, { Value: 'AAE=' })).status, 204);
  assert.equal(entityIn(await api.get(path))['ContentType'], 'xsl;encoding=UTF-8');
  await api.post('StringParameters', { Pid: 'P', Id: 'Mapping', Value: 'text' });
  assert.equal(await directoryOf(api).parameter('P', 'Mapping'), 'text');
});

test('alternative partners are found by agency, scheme and id, in the API by their hexadecimal', async () => {
  const api = await startApi();
  const partner = { Agency: 'AgencyÄ', Scheme: 'a/b', Id: 'Partner123', Pid: 'PartnerZ' };
  assert.equal((await api.post('AlternativePartners', partner)).status, 201);
  const hex = (text: string): string => Buffer.from(text).toString('hex');
  const path = `AlternativePartners(Hexagency='${hex('AgencyÄ')}',Hexscheme='${hex('a/b')}',Hexid='${hex('Partner123')}')`;
  const read = entityIn(await api.get(path));
  assert.equal(read['Hexscheme'], '612F62');
  assert.equal(read['Pid'], 'PartnerZ');
  const directory = directoryOf(api);
  assert.equal(await directory.partnerId('AgencyÄ', 'a/b', 'Partner123'), 'PartnerZ');
  assert.equal(await directory.partnerId('AgencyÄ', 'a/b', 'Other'), undefined);
  assert.equal((await api.put(path, { Pid: 'Other' })).status, 204);
  assert.equal(await directoryOf(api).partnerId('AgencyÄ', 'a/b', 'Partner123'), 'Other');
  const odd = await api.get("AlternativePartners(Hexagency='xyz',Hexscheme='61',Hexid='61')");
  assert.equal(odd.status, 400);
});

test('an authorised user has one partner, whatever the case of its name', async () => {
  const api = await startApi();
  await api.post('AuthorizedUsers', { User: 'MyUser', Pid: 'PartnerZ' });
  assert.equal(entityIn(await api.get("AuthorizedUsers('MYUSER')"))['User'], 'myuser');
  assert.equal(await directoryOf(api).partnerIdOfUser('myUSER'), 'PartnerZ');
  const again = await api.post('AuthorizedUsers', { User: 'MYUSER', Pid: 'Other' });
  assert.equal(again.status, 409);
  assert.equal(await directoryOf(api).partnerIdOfUser('myuser'), 'PartnerZ');
});

test('a partner is what it has; deleting it deletes all of it and nothing of others', async () => {
  const api = await startApi();
  for (const Pid of ['A', 'B']) {
    await api.post('StringParameters', { Pid, Id: 'x', Value: Pid });
    await api.post('AuthorizedUsers', { User: `user ${Pid}`, Pid });
    await api.post('AlternativePartners', { Agency: 'a', Scheme: 's', Id: Pid, Pid });
  }
  assert.deepEqual(
    resultsIn(await api.get('Partners')).map((one) => one['Pid']),
    ['A', 'B'],
  );
  const ofA = resultsIn(await api.get("StringParameters?$filter=Pid eq 'A'&$select=Value"));
  assert.deepEqual(
    ofA.map((one) => one['Value']),
    ['A'],
  );
  assert.equal((await api.delete("Partners('A')")).status, 204);
  assert.equal((await api.get("Partners('A')")).status, 404);
  assert.equal((await api.delete("Partners('A')")).status, 404);
  assert.equal((await api.get("Partners('B')")).status, 200);
  assert.equal(resultsIn(await api.get('AuthorizedUsers')).length, 1);
});

test('what is no entity of the directory is refused, and nothing is made', async () => {
  const api = await startApi();
  const string = { Pid: 'P', Id: 'I', Value: 'v' };
  const binary = { Pid: 'P', Id: 'I', ContentType: 'xml', Value: 'AAE=' };
  const refused: readonly (readonly [string, Record<string, string | undefined>])[] = [
    ['StringParameters', { ...string, Pid: 'a/b' }],
    ['StringParameters', { ...string, Pid: 'x'.repeat(61) }],
    ['StringParameters', { ...string, Id: '😀' }],
    ['StringParameters', { ...string, Value: 'x'.repeat(4001) }],
    ['StringParameters', { ...string, Value: undefined }],
    ['BinaryParameters', { ...binary, ContentType: 'exe' }],
    ['BinaryParameters', { ...binary, ContentType: 'xml;encoding=EBCDIC' }],
    ['BinaryParameters', { ...binary, Value: 'not base64' }],
    ['BinaryParameters', { ...binary, Value: Buffer.alloc(262_145).toString('base64') }],
    ['AlternativePartners', { Agency: 'x'.repeat(121), Scheme: 's', Id: 'i', Pid: 'P' }],
    ['AuthorizedUsers', { User: '', Pid: 'P' }],
  ];
  for (const [set, body] of refused) {
    const answer = await api.post(set, body);
    assert.equal(answer.status, 400, JSON.stringify(body).slice(0, 80));
    assert.ok(errorIn(answer).message.value.length > 10);
  }
  assert.deepEqual(resultsIn(await api.get('Partners')), []);
});

/** The results of a list, page by page. */
async function pagesOf(api: ApiUnderTest, path: string): Promise<Record<string, unknown>[][]> {
  const pages: Record<string, unknown>[][] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const answer = await api.get(next);
    pages.push(resultsIn(answer));
    next = nextIn(answer);
  }
  return pages;
}

/** Where a list goes on. */
function nextIn(answer: Answer): string | undefined {
  const next = entityIn(answer)['__next'];
  return typeof next === 'string'
    ? next.replace('https://flowgate.example/api/v1/', '')
    : undefined;
}

const BINARIES = Array.from({ length: 65 }, (_, i) => `b${String(i).padStart(2, '0')}`);

/** 65 binary parameters of partner P, and one of another. */
async function withBinaries(): Promise<ApiUnderTest> {
  const api = await startApi();
  const partners = openPartners(api.tables);
  const made = { createdBy: 'u', createdAt: 1, modifiedBy: 'u', modifiedAt: 1 };
  const parameter = { kind: 'binary', contentType: 'xml', ...made } as const;
  await Promise.all([
    ...BINARIES.map((id) =>
      partners.create({ ...parameter, pid: 'P', id, value: Buffer.from(id) }),
    ),
    partners.create({ ...parameter, pid: 'Q', id: 'q', value: Buffer.from('q') }),
    partners.create({ kind: 'string', pid: 'P', id: 'text', value: 'text', ...made }),
  ]);
  return api;
}

test('binary parameters are listed 30 at a time, each once (SAP Help, Requests for String Parameter, Binary Parameter and Authorized User)', async () => {
  const api = await withBinaries();
  const pages = await pagesOf(api, "BinaryParameters?$filter=Pid eq 'P'");
  assert.deepEqual(
    pages.map((page) => page.length),
    [30, 30, 5],
  );
  for (const [i, read] of pages.flat().entries()) {
    assert.equal(read['Id'], BINARIES[i]);
    assert.equal(read['Value'], Buffer.from(BINARIES[i] ?? '').toString('base64'));
  }
  const all = await pagesOf(api, 'BinaryParameters');
  assert.equal(all.flat().length, 66);
  const last = await pagesOf(api, 'BinaryParameters?$skiptoken=60');
  assert.deepEqual(
    last.map((page) => page.map((read) => read['Id'])),
    [[...BINARIES.slice(60), 'q']],
  );
});

test('what is deleted between two pages makes no other parameter come twice or be left out', async () => {
  const api = await withBinaries();
  const first = await api.get('BinaryParameters');
  assert.equal((await api.delete("BinaryParameters(Pid='P',Id='b03')")).status, 204);
  assert.equal(resultsIn(await api.get(nextIn(first) ?? ''))[0]?.['Id'], 'b30');
});

test('a list of parameters keeps to $top, $skip, $inlinecount and $select, and has no $orderby', async () => {
  const api = await withBinaries();
  const path = "BinaryParameters?$filter=Pid eq 'P'&$skip=10&$top=40&$inlinecount=allpages";
  const pages = await pagesOf(api, path);
  assert.deepEqual(
    pages.map((page) => page.length),
    [30, 10],
  );
  assert.deepEqual(
    pages.flat().map((read) => read['Id']),
    BINARIES.slice(10, 50),
  );
  assert.equal(entityIn(await api.get(path))['__count'], '65');
  const [ids] = await pagesOf(api, 'BinaryParameters?$select=Id&$top=2');
  assert.deepEqual(
    ids?.map((read) => [read['Id'], read['Value']]),
    [
      ['b00', undefined],
      ['b01', undefined],
    ],
  );
  const valued = await pagesOf(api, "BinaryParameters?$filter=Value eq 'YjY0'");
  assert.deepEqual(
    valued.flat().map((read) => [read['Id'], read['Value']]),
    [['b64', 'YjY0']],
  );
  const counted = await api.get("BinaryParameters/$count?$filter=Pid eq 'P'");
  assert.equal(counted.text, '65');
  assert.deepEqual(await pagesOf(api, 'BinaryParameters?$top=0'), [[]]);
  assert.equal((await api.get('BinaryParameters?$orderby=Id')).status, 400);
  assert.equal((await api.get('BinaryParameters?$skiptoken=abc')).status, 400);
});
