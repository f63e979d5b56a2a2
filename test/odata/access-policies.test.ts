import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ApiUnderTest,
  entityIn,
  errorIn,
  omit,
  resultsIn,
  startApi,
} from './api-under-test.ts';

const reference = (changes: Record<string, unknown> = {}) => ({
  Name: 'flows of HR',
  Description: 'd',
  Type: 'INTEGRATION_FLOW',
  ConditionAttribute: 'ID',
  ConditionType: 'regularExpression',
  ConditionValue: 'HR_.*',
  ...changes,
});

const idIn = (answer: Parameters<typeof entityIn>[0]): string => String(entityIn(answer)['Id']);

const create = async (
  api: ApiUnderTest,
  RoleName: string,
  ArtifactReferences: readonly unknown[] = [],
): Promise<string> => {
  const answer = await api.post('AccessPolicies', {
    RoleName,
    Description: '',
    ArtifactReferences,
  });
  assert.equal(answer.status, 201, answer.text);
  return idIn(answer);
};

test('a policy with its references is made in one call, and found by its role', async () => {
  const api = await startApi();
  const created = await api.post('AccessPolicies', {
    RoleName: 'HR',
    Description: 'who may call HR',
    ArtifactReferences: [
      reference(),
      reference({ ConditionType: 'exactString', ConditionValue: 'X' }),
    ],
  });
  assert.equal(created.status, 201);
  const id = idIn(created);
  assert.match(created.headers.get('location') ?? '', new RegExp(`AccessPolicies\\(${id}L\\)$`));
  const filter = encodeURIComponent("RoleName eq 'HR'");
  const [found, ...more] = resultsIn(
    await api.get(`AccessPolicies?$filter=${filter}&$format=json&$expand=ArtifactReferences`),
  );
  assert.equal(more.length, 0);
  assert.deepEqual(omit(found ?? {}, '__metadata', 'ArtifactReferences'), {
    Id: id,
    RoleName: 'HR',
    Description: 'who may call HR',
  });
  const { results } = found?.['ArtifactReferences'] as { results: Record<string, unknown>[] };
  assert.deepEqual(
    results.map((one) => omit(one, '__metadata', 'AccessPolicy', 'Id')),
    [reference(), reference({ ConditionType: 'exactString', ConditionValue: 'X' })],
  );
  assert.equal(new Set([id, ...results.map((one) => one['Id'])]).size, 3, 'ids are unique');
  assert.deepEqual(
    resultsIn(await api.get(`AccessPolicies?$filter=Id eq ${id}L`)).map((one) => one['Id']),
    [id],
  );
});

test("references are added and removed one by one, as SAP's own tools do", async () => {
  const api = await startApi();
  const id = await create(api, 'HR');
  const other = await create(api, 'client:partner-1');
  const add = (AccessPolicy: unknown, changes = {}) =>
    api.post('ArtifactReferences', { ...reference(changes), AccessPolicy });
  const added = await add({ Id: id });
  assert.equal(added.status, 201);
  assert.equal((await add({ Id: Number(other) }, { Name: 'second' })).status, 201);
  const path = `AccessPolicies(${id}L)/ArtifactReferences`;
  assert.deepEqual(
    resultsIn(await api.get(`${path}?$format=json`)).map((one) => one['Id']),
    [idIn(added)],
  );
  assert.equal((await api.get('ArtifactReferences/$count')).text, '2');
  const one = `ArtifactReferences(${idIn(added)}L)`;
  assert.equal(entityIn(await api.get(`${one}/AccessPolicy`))['RoleName'], 'HR');
  const expanded = entityIn(await api.get(`${one}?$expand=AccessPolicy`))['AccessPolicy'];
  assert.equal((expanded as Record<string, unknown>)['RoleName'], 'HR');

  assert.equal((await api.delete(one)).status, 204);
  assert.equal((await api.delete(one)).status, 404);
  assert.deepEqual(resultsIn(await api.get(path)), []);
  for (const link of [undefined, {}, { Id: '' }, { Id: 'x' }, { Id: ['1'] }, 7]) {
    assert.equal((await add(link)).status, 400, JSON.stringify(link));
  }
  assert.equal((await add({ Id: '999' })).status, 404);
});

test('the description changes by PATCH, the role does not, and PUT is refused as on a tenant', async () => {
  const api = await startApi();
  const id = await create(api, 'HR');
  const path = `AccessPolicies(${id}L)`;
  assert.equal((await api.patch(path, { Description: 'new' })).status, 204);
  assert.equal(entityIn(await api.get(path))['Description'], 'new');
  assert.equal((await api.patch(path, { RoleName: 'HR' })).status, 204);
  assert.equal(entityIn(await api.get(path))['Description'], 'new', 'what is left out stays');
  assert.equal((await api.patch(path, { RoleName: 'Other' })).status, 400);
  assert.equal((await api.put(path, { Description: 'x' })).status, 405);
  // Tools write the key in each of these ways.
  for (const key of [id, `${id}L`, `'${id}'`, `Id=${id}L`]) {
    assert.equal((await api.get(`AccessPolicies(${key})`)).status, 200, key);
  }
  assert.equal((await api.delete(path)).status, 204);
  for (const request of [api.get(path), api.delete(path), api.patch(path, {})]) {
    assert.equal((await request).status, 404);
  }
});

test('an id is not given twice, and deleting a policy deletes its references', async () => {
  const api = await startApi();
  const id = await create(api, 'One');
  await api.post('ArtifactReferences', { ...reference(), AccessPolicy: { Id: id } });
  await api.delete(`AccessPolicies(${id}L)`);
  assert.equal((await api.get('ArtifactReferences/$count')).text, '0');
  assert.ok(Number(await create(api, 'One')) > Number(id) + 1);
});

test('many who create policies at once lose none and share no id', async () => {
  const api = await startApi();
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, i) => api.post('AccessPolicies', { RoleName: `R${i % 4}` })),
  );
  assert.deepEqual(
    made.map(({ status }) => status).sort((a, b) => a - b),
    [201, 201, 201, 201, 409, 409, 409, 409],
  );
  const all = resultsIn(await api.get('AccessPolicies'));
  assert.equal(new Set(all.map((one) => one['Id'])).size, 4);
});

test('what could protect nothing, or the wrong thing, is refused with what to send', async () => {
  const api = await startApi();
  const id = await create(api, 'HR');
  const policies: readonly (readonly [body: unknown, status: number, message: RegExp])[] = [
    [{}, 400, /'RoleName' is missing/],
    [{ RoleName: 'with space' }, 400, /client: and the id/],
    [{ RoleName: 'client:' }, 400, /client: and the id/],
    [{ RoleName: 'client:a b' }, 400, /client: and the id/],
    [{ RoleName: `client:${'x'.repeat(200)}` }, 400, /client: and the id/],
    [{ RoleName: 'HR' }, 409, /already, with the Id \d+/],
    [{ RoleName: 'X', Roles: 'Y' }, 400, /'Roles' is not known/],
    [{ RoleName: 'X', Description: 'x'.repeat(1001) }, 400, /at most 1000/],
    [{ RoleName: 'X', ArtifactReferences: 'HR' }, 400, /list of objects/],
    [
      { RoleName: 'X', ArtifactReferences: [reference({ ConditionValue: '' })] },
      400,
      /'ConditionValue' is missing/,
    ],
  ];
  for (const [body, status, message] of policies) {
    const answer = await api.post('AccessPolicies', body);
    assert.equal(answer.status, status, String(message));
    assert.match(errorIn(answer).message.value, message);
  }
  const references: readonly (readonly [
    changes: Record<string, unknown>,
    status: number,
    message: RegExp,
  ])[] = [
    [{ Name: ' ' }, 400, /'Name' of an artifact reference is missing/],
    [{ Type: 'FLOW' }, 400, /INTEGRATION_FLOW or INTEGRATION_PACKAGE/],
    [{ Type: 'SCRIPT_COLLECTION' }, 501, /SCRIPT_COLLECTION have none/],
    [{ ConditionAttribute: 'Id' }, 400, /Name or ID/],
    [{ ConditionType: 'glob' }, 400, /exactString or regularExpression/],
    [{ ConditionValue: 'x'.repeat(501) }, 400, /at most 500/],
    [{ ConditionValue: '(' }, 400, /no regular expression that is understood/],
    [{ ConditionValue: '(?=HR).*' }, 400, /Lookaheads/],
    [{ ConditionValue: '(a)\\1' }, 400, /back references/],
    [{ ConditionValue: '((a{100}){100}){100}' }, 400, /repetitions/],
    [{ ConditionValue: '\\pL{999}'.repeat(50) }, 400, /repetitions/],
    [{ ConditionValue: '[A-Z&&[^X]]+' }, 400, /&& in a class/],
    [{ Type: 'INTEGRATION_PACKAGE' }, 400, /has no regular expression/],
  ];
  for (const [changes, status, message] of references) {
    const answer = await api.post('ArtifactReferences', {
      ...reference(changes),
      AccessPolicy: { Id: id },
    });
    assert.equal(answer.status, status, String(message));
    assert.match(errorIn(answer).message.value, message);
  }
  assert.equal((await api.get('AccessPolicies/$count')).text, '1');
  assert.equal((await api.get('ArtifactReferences/$count')).text, '0');
});

test('there are so many policies and references, and no more', async () => {
  const api = await startApi();
  const many = Array.from({ length: 501 }, (_, i) => reference({ Name: `r${i}` }));
  const refused = await api.post('AccessPolicies', { RoleName: 'A', ArtifactReferences: many });
  assert.equal(refused.status, 400);
  assert.match(errorIn(refused).message.value, /at most 200 access policies with 500 artifact/);
  const wide = many.slice(0, 150).map((one) => ({ ...one, Description: '漢'.repeat(900) }));
  for (const role of ['A', 'B', 'C']) {
    const answer = await api.post('AccessPolicies', {
      RoleName: role,
      ArtifactReferences: wide.slice(0, 80),
    });
    assert.equal(answer.status, role === 'C' ? 400 : 201, answer.text);
  }
});

test('every change is audited with the role and what it protects', async () => {
  const api = await startApi();
  const id = await create(api, 'HR');
  const added = await api.post('ArtifactReferences', { ...reference(), AccessPolicy: { Id: id } });
  await api.patch(`AccessPolicies(${id}L)`, { Description: 'x' });
  await api.delete(`ArtifactReferences(${idIn(added)}L)`);
  await api.delete(`AccessPolicies(${id}L)`);
  const whole = await create(api, 'Whole', [reference(), reference({ ConditionValue: 'FI_.*' })]);
  await api.delete(`AccessPolicies(${whole}L)`);
  const both = 'INTEGRATION_FLOW ID matches HR_.*; INTEGRATION_FLOW ID matches FI_.*';
  assert.deepEqual(
    api.trail.events.map(({ action, note }) => [action, note?.name, note?.detail]),
    [
      ['access_policy.create', 'HR', ''],
      ['access_policy.change', 'HR', 'INTEGRATION_FLOW ID matches HR_.*'],
      ['access_policy.change', 'HR', ''],
      ['access_policy.change', 'HR', 'INTEGRATION_FLOW ID matches HR_.*'],
      ['access_policy.delete', 'HR', ''],
      ['access_policy.create', 'Whole', both],
      ['access_policy.delete', 'Whole', both],
    ],
  );
});

test('access policies are changed by administrators alone, and read by all groups (SAP Help, Tasks and Permissions)', async () => {
  const api = await startApi();
  const as = (role: string, method: string, path: string, body?: unknown) =>
    api.send({ method, path, body, headers: { authorization: `Bearer ${role}` } });
  const id = await create(api, 'HR');
  for (const [method, path] of [
    ['POST', 'AccessPolicies'],
    ['PATCH', `AccessPolicies(${id}L)`],
    ['DELETE', `AccessPolicies(${id}L)`],
    ['POST', 'ArtifactReferences'],
    ['DELETE', 'ArtifactReferences(2L)'],
  ] as const) {
    const answer = await as('AuthGroup.IntegrationDeveloper', method, path, {});
    assert.equal(answer.status, 403, `${method} ${path}`);
  }
  assert.equal((await as('AuthGroup.ReadOnly', 'GET', 'AccessPolicies')).status, 200);
  assert.equal((await api.get('AccessPolicies/$count')).text, '1');
});
