import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPartnerDirectory } from '../../shared/iflow/services/read-partners.ts';
import { openPartners } from '../../shared/storage/partners.ts';
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
