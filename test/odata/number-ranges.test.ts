import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createNumberRanges } from '../../shared/iflow/services/draw-numbers.ts';
import { entityIn, errorIn, resultsIn, startApi } from './api-under-test.ts';

/** SAP Help, Add a Number Ranges Object. */
const SAMPLE = {
  CurrentValue: '0',
  Name: 'My NRO Object',
  MinValue: '0',
  MaxValue: '9999',
  Description: ' Number Range Object ',
  Rotate: 'true',
  FieldLength: '4',
};

test('a number range is added, read, changed and deleted, every value a text', async () => {
  const api = await startApi();
  const created = await api.post('NumberRanges', SAMPLE);
  assert.equal(created.status, 201);
  assert.equal(
    created.headers.get('location'),
    "https://flowgate.example/api/v1/NumberRanges('My%20NRO%20Object')",
  );
  const path = "NumberRanges('My NRO Object')";
  const read = entityIn(await api.get(path));
  const deployed = { DeployedBy: 'oauth_client_tester', DeployedOn: String(api.clock.now()) };
  const { __metadata } = read;
  assert.deepEqual(read, { __metadata, ...SAMPLE, ...deployed });
  assert.equal((await api.put(path, { ...SAMPLE, CurrentValue: '7', MaxValue: '8' })).status, 202);
  assert.deepEqual(
    resultsIn(await api.get('NumberRanges')).map((one) => [one['CurrentValue'], one['MaxValue']]),
    [['7', '8']],
  );
  assert.equal((await api.delete(path)).status, 202);
  assert.equal((await api.get(path)).status, 404);
  assert.equal((await api.delete(path)).status, 404);
  assert.equal((await api.put(path, SAMPLE)).status, 404);
});

test('CurrentValue is the number that is given next; a change without it leaves it', async () => {
  const api = await startApi();
  await api.post('NumberRanges', SAMPLE);
  const numbers = createNumberRanges({ store: api.numberRangeStore, delay, random: Math.random });
  assert.equal(await numbers.next('My NRO Object'), '0000');
  const path = "NumberRanges('My NRO Object')";
  assert.equal(entityIn(await api.get(path))['CurrentValue'], '1');
  await api.put(path, { Description: 'changed' });
  assert.equal(await numbers.next('My NRO Object'), '0001');
});

test('what is no number range is refused, with the property that is wrong', async () => {
  const api = await startApi();
  for (const [change, text] of [
    [{ Name: undefined }, /Name/],
    [{ Name: 'a/b' }, /Name has/],
    [{ MaxValue: 'many' }, /MaxValue/],
    [{ FieldLength: '3' }, /FieldLength/],
    [{ CurrentValue: '10000' }, /CurrentValue/],
    [{ Unknown: '1' }, /Unknown/],
  ] as const) {
    const answer = await api.post('NumberRanges', { ...SAMPLE, ...change });
    assert.equal(answer.status, 400);
    assert.match(errorIn(answer).message.value, text);
  }
  assert.deepEqual(resultsIn(await api.get('NumberRanges')), []);
  await api.post('NumberRanges', SAMPLE);
  assert.equal((await api.post('NumberRanges', SAMPLE)).status, 409);
  const renamed = await api.put("NumberRanges('My NRO Object')", { Name: 'Other' });
  assert.equal(renamed.status, 400);
});

test('who only reads changes no number range', async () => {
  const api = await startApi();
  const headers = { authorization: 'Bearer AuthGroup.ReadOnly' };
  const refused = await api.send({ method: 'POST', path: 'NumberRanges', body: SAMPLE, headers });
  assert.equal(refused.status, 403);
  assert.deepEqual(resultsIn(await api.get('NumberRanges', headers)), []);
});
