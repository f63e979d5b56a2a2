import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  AccessPolicies,
  ArtifactReference,
  ProtectedArtifact,
} from '../../../shared/registry/access-policies/access-policy.ts';
import { compilePolicies } from '../../../shared/registry/access-policies/allow-list.ts';
import { createAccessPolicyDirectory } from '../../../shared/registry/access-policies/directory.ts';
import { testClock } from '../../support/clock.ts';
import { processorMs } from '../../support/processor-time.ts';

const FLOW: ProtectedArtifact = {
  id: 'SendOrders',
  name: 'Send orders to system',
  packageId: 'Sales',
  packageName: 'Sales and more',
};

const reference = (changes: Partial<ArtifactReference>): ArtifactReference => ({
  id: 2,
  name: 'r',
  description: '',
  type: 'INTEGRATION_FLOW',
  attribute: 'ID',
  condition: 'exactString',
  value: 'SendOrders',
  ...changes,
});

const policies = (...all: (readonly [role: string, ...ArtifactReference[]])[]): AccessPolicies => ({
  nextId: 100,
  policies: all.map(([roleName, ...references], i) => {
    return { id: i + 1, roleName, description: '', references };
  }),
});

async function allows(all: AccessPolicies, artifact = FLOW): Promise<unknown> {
  return (await compilePolicies(all))(artifact);
}

test('a reference is held against id or name, of the iFlow or its package (SAP Help, Defining Access Policies)', async () => {
  const list = { roles: ['R'], clientIds: [] };
  for (const [changes, applies] of [
    [{}, true],
    [{ value: 'sendorders' }, false],
    [{ value: 'Send orders to system' }, false],
    [{ attribute: 'Name', value: 'Send orders to system' }, true],
    [{ type: 'INTEGRATION_PACKAGE', value: 'Sales' }, true],
    [{ type: 'INTEGRATION_PACKAGE', value: 'SendOrders' }, false],
    [{ type: 'INTEGRATION_PACKAGE', attribute: 'Name', value: 'Sales and more' }, true],
  ] as const) {
    const found = await allows(policies(['R', reference(changes)]));
    assert.deepEqual(found, applies ? list : undefined, JSON.stringify(changes));
  }
});

test('a regular expression has to match all of the text, as in Java', async () => {
  for (const [value, applies] of [
    ['Send.*', true],
    ['Send', false],
    ['.*Orders', true],
    ['rders', false],
    ['(?i)sendorders', true],
    ['Send(Orders|Invoices)', true],
    ['[A-Z]\\w+', true],
  ] as const) {
    const found = await allows(
      policies(['R', reference({ condition: 'regularExpression', value })]),
    );
    assert.equal(found !== undefined, applies, value);
  }
});

test('of several policies any one lets in, and a policy without references applies to nothing', async () => {
  const all = policies(
    ['Sales', reference({ type: 'INTEGRATION_PACKAGE', value: 'Sales' })],
    ['Orders', reference({ value: 'Other' }), reference({ value: 'SendOrders' })],
    ['Elsewhere', reference({ value: 'Other' })],
    ['Nothing'],
    ['client:partner', reference({})],
  );
  assert.deepEqual(await allows(all), { roles: ['Sales', 'Orders'], clientIds: ['partner'] });
  assert.equal(await allows(all, { ...FLOW, id: 'x', packageId: 'y' }), undefined);
});

test('patterns that explode elsewhere are matched in time linear in the text', async () => {
  const nested = reference({ condition: 'regularExpression', value: '(a*)*(a|aa)+b' });
  const startedAt = processorMs();
  assert.equal(await allows(policies(['R', nested]), { ...FLOW, id: 'a'.repeat(200) }), undefined);
  assert.ok(processorMs() - startedAt < 1000);
});

test('policies are read once for many calls, again within 25 s, and before a refusal', async () => {
  const clock = testClock();
  let reads = 0;
  let stored = { value: policies(['R', reference({})]), etag: '1' };
  const read = () => Promise.resolve((reads += 1) > 0 ? stored : stored);
  const directory = createAccessPolicyDirectory({ read }, clock);
  const same = await Promise.all(Array.from({ length: 50 }, () => directory.allowListOf(FLOW)));
  assert.equal(reads, 1);
  assert.ok(
    same.every((one) => one === same[0]),
    'decided once',
  );

  stored = { value: policies(['Other', reference({})]), etag: '2' };
  clock.advance(9_000);
  assert.deepEqual((await directory.allowListOf(FLOW))?.roles, ['R']);
  assert.equal(reads, 1);
  assert.deepEqual((await directory.allowListOf(FLOW, 100))?.roles, ['Other']);
  stored = { value: policies(), etag: '3' };
  clock.advance(26_000);
  assert.equal(await directory.allowListOf(FLOW), undefined);
  stored = { value: policies(['R', reference({})]), etag: '4' };
  directory.forget();
  assert.deepEqual((await directory.allowListOf(FLOW))?.roles, ['R']);
});

test('while policies cannot be read, nothing older than 25 s lets anybody in', async () => {
  const clock = testClock();
  let away = false;
  const directory = createAccessPolicyDirectory(
    {
      read: () =>
        away
          ? Promise.reject(new Error('away'))
          : Promise.resolve({ value: policies(), etag: undefined }),
    },
    clock,
  );
  assert.equal(await directory.allowListOf(FLOW), undefined);
  away = true;
  clock.advance(20_000);
  assert.equal(await directory.allowListOf(FLOW), undefined);
  clock.advance(6_000);
  await assert.rejects(directory.allowListOf(FLOW), /away/);
});
