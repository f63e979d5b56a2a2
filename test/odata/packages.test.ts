import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTables } from '../../shared/storage/tables.ts';
import { bundleAt, entityIn, errorIn, resultsIn, startApi } from './api-under-test.ts';

test('a package is created (201), read, changed (202) and deleted (202) as on a tenant', async () => {
  const api = await startApi();
  // FlashPipe wraps the properties in `d`, as answers are.
  const created = await api.post('IntegrationPackages', {
    d: { Id: 'Orders', Name: 'Orders & more', ShortText: 'short', Description: '' },
  });
  assert.equal(created.status, 201);
  assert.equal(
    created.headers.get('location'),
    "https://flowgate.example/api/v1/IntegrationPackages('Orders')",
  );
  const read = entityIn(await api.get("IntegrationPackages('Orders')"));
  assert.deepEqual(read['__metadata'], {
    id: "https://flowgate.example/api/v1/IntegrationPackages('Orders')",
    uri: "https://flowgate.example/api/v1/IntegrationPackages('Orders')",
    type: 'com.sap.hci.api.IntegrationPackage',
    content_type: 'application/octet-stream',
    media_src: "https://flowgate.example/api/v1/IntegrationPackages('Orders')/$value",
    edit_media: "https://flowgate.example/api/v1/IntegrationPackages('Orders')/$value",
  });
  assert.equal(read['Name'], 'Orders & more');
  assert.equal(read['Version'], '1.0.0');
  assert.equal(read['Mode'], 'EDIT_ALLOWED');
  assert.equal(read['CreatedBy'], 'oauth_client_tester');
  assert.equal(read['CreationDate'], String(api.clock.now()));
  assert.deepEqual(read['IntegrationDesigntimeArtifacts'], {
    __deferred: {
      uri: "https://flowgate.example/api/v1/IntegrationPackages('Orders')/IntegrationDesigntimeArtifacts",
    },
  });

  const changed = await api.put("IntegrationPackages('Orders')", { Name: 'Orders', Vendor: 'Us' });
  assert.equal(changed.status, 202);
  const after = entityIn(await api.get("IntegrationPackages('Orders')"));
  assert.deepEqual([after['Name'], after['Vendor'], after['ShortText']], ['Orders', 'Us', 'short']);

  assert.equal((await api.delete("IntegrationPackages('Orders')")).status, 202);
  assert.equal((await api.get("IntegrationPackages('Orders')")).status, 404);
  assert.equal((await api.delete("IntegrationPackages('Orders')")).status, 404);
});

test('a package takes the longest texts that it may have, all at once', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P' });
  const text = '\u0001'.repeat(10_000);
  const names = ['Name', 'Description', 'ShortText', 'Version', 'Vendor', 'SupportedPlatform'];
  names.push('Products', 'Keywords', 'Countries', 'Industries', 'LineOfBusiness');
  for (const name of names) {
    assert.equal((await api.put("IntegrationPackages('P')", { [name]: text })).status, 202, name);
  }
  const read = entityIn(await api.get("IntegrationPackages('P')"));
  for (const name of names) assert.equal(read[name], text);
});

test('a package Id with a special character is refused in SAP’s words, and nothing is created', async () => {
  const api = await startApi();
  for (const Id of ['with space', 'a-b', '', 'x'.repeat(121), 'ä', "a'b"]) {
    const refused = await api.post('IntegrationPackages', { Id, Name: 'n' });
    assert.equal(refused.status, 400);
    assert.deepEqual(errorIn(refused), {
      code: 'Bad Request',
      message: {
        lang: 'en',
        value: "Property 'Id' value cannot have a special character. Enter a valid Id.",
      },
    });
  }
  assert.deepEqual(await api.design.listPackages(), []);
});

test('a package Id in use is a business error (500) that leaves the first one as it was', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P', Name: 'first' });
  const refused = await api.post('IntegrationPackages', { Id: 'P', Name: 'second' });
  assert.equal(refused.status, 500);
  assert.match(errorIn(refused).message.value, /ID P already exists/);
  assert.equal(entityIn(await api.get("IntegrationPackages('P')"))['Name'], 'first');
});

test('a misspelt property, a body that is no JSON object and an Atom body are refused, and nothing is created', async () => {
  const api = await startApi();
  const cases = [
    [400, { Id: 'P', Nmae: 'x' }, undefined],
    [400, { Id: 7 }, undefined],
    [400, { Name: 'no id' }, undefined],
    [400, { Id: 'P', Keywords: 'x'.repeat(10_001) }, undefined],
    [400, [1], undefined],
    [400, '{', 'application/json'],
    [400, '', 'application/json'],
    [415, '<entry/>', 'application/atom+xml'],
    [413, { Id: 'P', Description: 'x'.repeat(300_000) }, undefined],
  ] as const;
  for (const [status, body, type] of cases) {
    const refused = await api.send({
      method: 'POST',
      path: 'IntegrationPackages',
      body,
      ...(type === undefined ? {} : { headers: { 'content-type': type } }),
    });
    assert.equal(refused.status, status, JSON.stringify(body).slice(0, 60));
  }
  assert.deepEqual(await api.design.listPackages(), []);
});

test('the list takes $filter, $orderby, $skip, $top, $select, $inlinecount and $count', async () => {
  const api = await startApi();
  for (const Id of ['A', 'B', 'C', 'D']) {
    await api.post('IntegrationPackages', { Id, Vendor: Id < 'C' ? 'x' : 'y' });
  }
  const query = "$filter=Vendor eq 'y' or Id eq 'A'&$orderby=Id desc&$skip=1&$top=1";
  const page = await api.get(`IntegrationPackages?${query}&$select=Id&$inlinecount=allpages`);
  assert.equal(entityIn(page)['__count'], '3');
  const [only, ...more] = resultsIn(page);
  assert.deepEqual(Object.keys(only ?? {}), ['__metadata', 'Id']);
  assert.equal(only?.['Id'], 'C');
  assert.deepEqual(more, []);
  const count = await api.get("IntegrationPackages/$count?$filter=Vendor ne 'y'");
  assert.deepEqual(
    [count.text, count.headers.get('content-type')],
    ['2', 'text/plain;charset=utf-8'],
  );
});

test('deleting a package deletes its artifacts and their bundles, but not what is deployed', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P' });
  await api.post('IntegrationPackages', { Id: 'Q' });
  await api.post('IntegrationDesigntimeArtifacts', {
    Id: 'flow',
    PackageId: 'P',
    ArtifactContent: bundleAt('/v1/orders', { id: 'flow' }),
  });
  await api.post('IntegrationDesigntimeArtifacts', { Id: 'other', PackageId: 'Q' });
  await api.post("IntegrationDesigntimeArtifactSaveAsVersion?Id='flow'&SaveAsVersion='1.0.1'");
  await api.post("DeployIntegrationDesigntimeArtifact?Id='flow'&Version='active'");
  const stored = await api.design.findArtifact('flow');
  assert.ok(stored !== undefined);
  const [version] = await api.design.listVersions(stored.value.uid);
  assert.ok(version !== undefined);

  assert.equal((await api.delete("IntegrationPackages('P')")).status, 202);
  const left = resultsIn(await api.get('IntegrationDesigntimeArtifacts'));
  assert.deepEqual(
    left.map((artifact) => artifact['Id']),
    ['other'],
  );
  assert.equal(await api.blobs.get(stored.value.content), undefined);
  assert.equal(await api.blobs.get(version.content), undefined);
  assert.deepEqual(await api.design.listVersions(stored.value.uid), []);
  const runtime = entityIn(await api.get("IntegrationRuntimeArtifacts('flow')"));
  assert.equal(runtime['Status'], 'STARTED');
});

test('a removal that ended half-way is taken up by the next create of that package', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P', Name: 'old' });
  await api.post('IntegrationDesigntimeArtifacts', { Id: 'left', PackageId: 'P' });
  await openTables(api.storage)
    .table('design')
    .updateEntity({ partitionKey: 'design', rowKey: 'p|P', closed: true }, 'Merge');
  assert.equal((await api.get("IntegrationPackages('P')")).status, 404);
  const refused = await api.post('IntegrationDesigntimeArtifacts', { Id: 'x', PackageId: 'P' });
  assert.equal(refused.status, 404);
  assert.equal(await api.design.findArtifact('x'), undefined);

  assert.equal((await api.post('IntegrationPackages', { Id: 'P', Name: 'new' })).status, 201);
  assert.equal(entityIn(await api.get("IntegrationPackages('P')"))['Name'], 'new');
  assert.equal(await api.design.findArtifact('left'), undefined);
});
