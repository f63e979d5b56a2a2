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

const PASSWORD = 'pa55-Wörd of the partner';
const CLIENT_SECRET = 'a client secret that nobody sees';
const PARAMETER = '-----BEGIN SOMETHING-----\nsecret lines\n-----END SOMETHING-----';

const user = (changes: Record<string, unknown> = {}) => ({
  Name: 'PARTNER_BASIC',
  Kind: 'default',
  Description: 'for orders',
  User: 'partner',
  Password: PASSWORD,
  CompanyId: '',
  ...changes,
});

const oauth2 = (changes: Record<string, unknown> = {}) => ({
  Name: 'TENANT',
  TokenServiceUrl: 'https://tenant.example/oauth/token',
  ClientId: 'sb-1',
  ClientSecret: CLIENT_SECRET,
  ...changes,
});

/** Every property of every row, as text and as bytes of each encoding that could hide a text. */
async function storedBytes(api: ApiUnderTest): Promise<Buffer> {
  const parts: Buffer[] = [];
  const rows = api.tables.table('securitymaterial').listEntities();
  for await (const row of rows) {
    for (const value of Object.values(row)) {
      parts.push(value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value)));
    }
  }
  return Buffer.concat(parts);
}

function assertAbsent(bytes: Buffer, secret: string): void {
  const utf8 = Buffer.from(secret, 'utf8');
  const forms = [
    utf8,
    Buffer.from(secret, 'utf16le'),
    Buffer.from(utf8.toString('base64').slice(4, 20)),
    Buffer.from(utf8.toString('hex')),
    Buffer.from(JSON.stringify(secret).slice(1, -1)),
  ];
  for (const form of forms) assert.equal(bytes.includes(form), false, 'a secret is in a row');
}

test('user credentials are made, shown without their password, changed and deleted as on a tenant', async () => {
  const api = await startApi();
  const created = await api.post('UserCredentials', user());
  assert.equal(created.status, 201);
  assert.match(created.headers.get('location') ?? '', /UserCredentials\('PARTNER_BASIC'\)$/);
  const shown = entityIn(await api.get("UserCredentials('PARTNER_BASIC')"));
  assert.deepEqual(omit(shown, '__metadata', 'SecurityArtifactDescriptor'), {
    Name: 'PARTNER_BASIC',
    Kind: 'default',
    Description: 'for orders',
    User: 'partner',
    Password: null,
    CompanyId: '',
  });
  assert.deepEqual(shown['SecurityArtifactDescriptor'], {
    __metadata: { type: 'com.sap.hci.api.SecurityArtifactDescriptor' },
    Type: 'CREDENTIALS',
    DeployedBy: 'oauth_client_tester',
    DeployedOn: `/Date(${api.clock.now()})/`,
    Status: 'DEPLOYED',
  });
  assert.deepEqual(await api.securityMaterial.userCredentials('PARTNER_BASIC'), {
    name: 'PARTNER_BASIC',
    user: 'partner',
    password: PASSWORD,
    properties: { Kind: 'default' },
  });

  // What a GET has shown may be sent back, with the secret put in.
  const changed = { ...shown, User: 'other', Password: 'another password' };
  assert.equal((await api.put("UserCredentials('PARTNER_BASIC')", changed)).status, 202);
  const after = await api.securityMaterial.userCredentials('PARTNER_BASIC');
  assert.deepEqual([after?.user, after?.password], ['other', 'another password']);
  assert.deepEqual(
    resultsIn(await api.get('UserCredentials')).map((entity) => entity['User']),
    ['other'],
  );

  assert.equal((await api.delete("UserCredentials('PARTNER_BASIC')")).status, 202);
  assert.equal((await api.get("UserCredentials('PARTNER_BASIC')")).status, 404);
  assert.equal((await api.delete("UserCredentials('PARTNER_BASIC')")).status, 404);
  assert.equal((await api.put("UserCredentials('PARTNER_BASIC')", user())).status, 404);
  assert.equal(await api.securityMaterial.userCredentials('PARTNER_BASIC'), undefined);
});

test('OAuth2 client credentials have the defaults of SAP Help, and their custom parameters are expanded', async () => {
  const api = await startApi();
  const parameters = [
    { Key: 'tenant', Value: 'eu 1' },
    { Key: 'X-Zone', Value: 'a', SendAsPartOf: 'header' },
    { Key: 'version', Value: '2', SendAsPartOf: 'url' },
  ];
  const body = { ...oauth2(), CustomParameters: { results: parameters } };
  assert.equal((await api.post('OAuth2ClientCredentials', body)).status, 201);
  const path = "OAuth2ClientCredentials('TENANT')";
  const { CustomParameters, ...shown } = entityIn(
    await api.get(`${path}?$expand=CustomParameters`),
  );
  assert.deepEqual(
    [shown['ClientSecret'], shown['ClientAuthentication'], shown['ScopeContentType']],
    [null, 'body', 'urlencoded'],
  );
  const sent = (entities: unknown) =>
    (entities as Record<string, unknown>[]).map((one) => [one['Key'], one['SendAsPartOf']]);
  const expected = [
    ['tenant', 'body'],
    ['X-Zone', 'header'],
    ['version', 'url'],
  ];
  assert.deepEqual(sent((CustomParameters as { results: unknown }).results), expected);
  assert.deepEqual(sent(resultsIn(await api.get(`${path}/CustomParameters`))), expected);

  const used = await api.securityMaterial.oauth2ClientCredentials('TENANT');
  const { version, ...settings } = used ?? { version: '' };
  assert.deepEqual(settings, {
    name: 'TENANT',
    tokenServiceUrl: 'https://tenant.example/oauth/token',
    clientId: 'sb-1',
    clientSecret: CLIENT_SECRET,
    clientAuthentication: 'body',
    scope: '',
    contentType: 'application/x-www-form-urlencoded',
    resource: '',
    audience: '',
    customParameters: [
      { key: 'tenant', value: 'eu 1', sendAs: 'body' },
      { key: 'X-Zone', value: 'a', sendAs: 'header' },
      { key: 'version', value: '2', sendAs: 'query' },
    ],
  });
  const change = oauth2({ ClientAuthentication: 'HEADER', ScopeContentType: 'application/json' });
  assert.equal((await api.put(path, change)).status, 202);
  const after = await api.securityMaterial.oauth2ClientCredentials('TENANT');
  assert.deepEqual(
    [after?.clientAuthentication, after?.contentType, after?.customParameters],
    ['header', 'application/json', []],
  );
  assert.notEqual(after?.version, version, 'tokens of the old settings must not be used any more');
});

test('credentials with all of their custom parameters are read in one read', async () => {
  const api = await startApi();
  const CustomParameters = [{ Key: 'k', Value: 'v', SendAsPartOf: 'body' }];
  for (const Name of ['A', 'B', 'C']) {
    const body = oauth2({ Name, CustomParameters });
    assert.equal((await api.post('OAuth2ClientCredentials', body)).status, 201);
  }
  const before = api.materialReads();
  const all = resultsIn(await api.get('OAuth2ClientCredentials?$expand=CustomParameters'));
  assert.equal(api.materialReads() - before, 1);
  assert.deepEqual(
    all.map((one) => (one['CustomParameters'] as { results: unknown[] }).results.length),
    [1, 1, 1],
  );
});

test('secure parameters are written and used, and their value is never shown', async () => {
  const api = await startApi();
  const body = { Name: 'KEY', Description: 'd', SecureParam: PARAMETER };
  assert.equal((await api.post('SecureParameters', body)).status, 201);
  const shown = entityIn(await api.get("SecureParameters('KEY')"));
  assert.deepEqual(omit(shown, '__metadata'), {
    Name: 'KEY',
    Description: 'd',
    SecureParam: null,
    DeployedBy: 'oauth_client_tester',
    DeployedOn: `/Date(${api.clock.now()})/`,
    Status: 'DEPLOYED',
  });
  assert.equal(await api.securityMaterial.secureParameter('KEY'), PARAMETER);
  assert.equal((await api.put("SecureParameters('KEY')", { SecureParam: 'new' })).status, 202);
  assert.equal(await api.securityMaterial.secureParameter('KEY'), 'new');
  assert.equal((await api.delete("SecureParameters('KEY')")).status, 202);
});

test('no secret is in an answer, in the audit trail or readable in a row', async () => {
  const api = await startApi();
  const answers = [
    await api.post('UserCredentials', user()),
    await api.post('OAuth2ClientCredentials', oauth2()),
    await api.post('SecureParameters', { Name: 'KEY', SecureParam: PARAMETER }),
    await api.put("UserCredentials('PARTNER_BASIC')", user({ User: 'x' })),
    // Refusals, of what holds secrets too.
    await api.post('UserCredentials', user()),
    await api.post('UserCredentials', user({ Kind: 'ldap' })),
    await api.post(
      'OAuth2ClientCredentials',
      oauth2({ TokenServiceUrl: `https://a:${CLIENT_SECRET}@b` }),
    ),
    ...(await Promise.all(
      ['UserCredentials', 'OAuth2ClientCredentials', 'SecureParameters'].flatMap((set) => [
        api.get(set),
        api.get(set, { accept: 'application/atom+xml' }),
      ]),
    )),
    await api.get("OAuth2ClientCredentials('TENANT')?$expand=CustomParameters"),
  ];
  assert.deepEqual(
    answers.slice(0, 7).map(({ status }) => status),
    [201, 201, 201, 202, 409, 400, 400],
  );
  const rows = await storedBytes(api);
  // The table is the right one: names are in clear.
  assert.ok(rows.includes(Buffer.from('PARTNER_BASIC')));
  const audited = JSON.stringify(api.trail.events);
  for (const secret of [PASSWORD, CLIENT_SECRET, PARAMETER]) {
    assertAbsent(rows, secret);
    assertAbsent(Buffer.from(audited), secret);
    for (const { text } of answers) assertAbsent(Buffer.from(text), secret);
  }
  // Neither is what a secret could be sent to.
  assertAbsent(rows, 'tenant.example');
});

test('every change is audited by what it concerned', async () => {
  const api = await startApi();
  await api.post('UserCredentials', user());
  await api.put("UserCredentials('PARTNER_BASIC')", user());
  await api.delete("UserCredentials('PARTNER_BASIC')");
  await api.post('OAuth2ClientCredentials', oauth2());
  await api.post('SecureParameters', { Name: 'KEY', SecureParam: PARAMETER });
  const events = api.trail.events.map(({ action, object, note }) => [
    action,
    object.type,
    note?.name ?? object.name,
  ]);
  assert.deepEqual(events, [
    ['credentials.create', 'user_credentials', 'PARTNER_BASIC'],
    ['credentials.change', 'user_credentials', 'PARTNER_BASIC'],
    ['credentials.delete', 'user_credentials', 'PARTNER_BASIC'],
    ['credentials.create', 'oauth2_client_credentials', 'TENANT'],
    ['credentials.create', 'secure_parameter', 'KEY'],
  ]);
});

test('a row that was moved, changed or written under another key opens for nobody, and can be replaced', async () => {
  const api = await startApi();
  await api.post('UserCredentials', user({ Name: 'one' }));
  await api.post('UserCredentials', user({ Name: 'two', Password: 'other' }));
  const table = api.tables.table('securitymaterial');
  const two = await table.getEntity('credentials', 'two');
  const row = { ...two, partitionKey: 'credentials', rowKey: 'one', name: 'one' };
  await table.updateEntity(row, 'Replace');
  api.clock.advance(26_000);
  await assert.rejects(api.securityMaterial.userCredentials('one'), {
    status: 503,
    reason: 'master_key_mismatch',
  });
  const descriptorOf = async (name: string) =>
    entityIn(await api.get(`UserCredentials('${name}')`))['SecurityArtifactDescriptor'] as {
      Status: string;
    };
  assert.equal((await descriptorOf('one')).Status, 'ERROR');
  assert.equal((await descriptorOf('two')).Status, 'DEPLOYED');
  assert.equal((await api.put("UserCredentials('one')", user({ Name: 'one' }))).status, 202);
  assert.equal((await api.securityMaterial.userCredentials('one'))?.password, PASSWORD);

  // Declared to be something else, it is nothing.
  await table.updateEntity(
    { ...two, partitionKey: 'credentials', rowKey: 'two', kind: 'secure-parameter' },
    'Replace',
  );
  api.clock.advance(26_000);
  await assert.rejects(api.securityMaterial.secureParameter('two'), { status: 503 });
  assert.equal((await api.delete("SecureParameters('two')")).status, 202);
});

test('the same material is encrypted anew each time', async () => {
  const api = await startApi();
  const sealed = async () => {
    const row = await api.tables
      .table('securitymaterial')
      .getEntity<{ c0: Uint8Array }>('credentials', 'PARTNER_BASIC');
    return Buffer.from(row.c0);
  };
  await api.post('UserCredentials', user());
  const before = await sealed();
  await api.put("UserCredentials('PARTNER_BASIC')", user());
  const after = await sealed();
  assert.equal(before.subarray(0, 12).equals(after.subarray(0, 12)), false);
  assert.equal(before.subarray(28).equals(after.subarray(28)), false);
});

test('a name is taken by credentials of any kind, and what takes it is told', async () => {
  const api = await startApi();
  await api.post('UserCredentials', user({ Name: 'SAME' }));
  const refused = await api.post('OAuth2ClientCredentials', oauth2({ Name: 'SAME' }));
  assert.equal(refused.status, 409);
  assert.match(errorIn(refused).message.value, /That name is taken by user credentials/);
  assert.equal((await api.get("OAuth2ClientCredentials('SAME')")).status, 404);
  assert.equal((await api.put("SecureParameters('SAME')", { SecureParam: 'x' })).status, 404);
  assert.equal((await api.securityMaterial.userCredentials('SAME'))?.password, PASSWORD);
});

test('of many who create the same name at once one succeeds, and no change of many at once is torn', async () => {
  const api = await startApi();
  const numbers = Array.from({ length: 12 }, (_, i) => i);
  const made = await Promise.all(
    numbers.map((i) => api.post('UserCredentials', user({ User: `u${i}`, Password: `p${i}` }))),
  );
  assert.deepEqual(
    made.map(({ status }) => status).sort((a, b) => a - b),
    [201, ...numbers.slice(1).map(() => 409)],
  );
  const path = "UserCredentials('PARTNER_BASIC')";
  const changed = await Promise.all(
    numbers.map((i) => api.put(path, user({ User: `u${i}`, Password: `p${i}` }))),
  );
  assert.ok(changed.every(({ status }) => status === 202));
  const found = await api.securityMaterial.userCredentials('PARTNER_BASIC');
  assert.equal(found?.password, found?.user.replace('u', 'p'));
});

test('what is missing, too long or misspelt is refused with what to send (400), and changes nothing', async () => {
  const api = await startApi();
  const cases: readonly (readonly [set: string, body: unknown, message: RegExp])[] = [
    ['UserCredentials', user({ Name: undefined }), /'Name' is missing/],
    ['UserCredentials', user({ Name: ' x' }), /no space at either end/],
    ['UserCredentials', user({ Name: 'x'.repeat(151) }), /1 to 150 characters/],
    ['UserCredentials', user({ Name: 'a\u0000b' }), /control character/],
    ['UserCredentials', user({ Password: undefined }), /'Password' is missing/],
    ['UserCredentials', user({ Password: 'a\r\nb' }), /no control characters/],
    ['UserCredentials', user({ Password: 'x'.repeat(4097) }), /0 to 4096 characters/],
    ['UserCredentials', user({ Kind: 'Ldap' }), /default, successfactors, openconnectors/],
    ['UserCredentials', user({ Kind: 'successfactors' }), /'CompanyId' has 1 to/],
    ['UserCredentials', user({ Pasword: 'x' }), /'Pasword' is not known here/],
    ['UserCredentials', user({ User: 7 }), /'User' is a text/],
    ['UserCredentials', [user()], /one JSON object/],
    ['UserCredentials', '{"Name":', /415|Content-Type/],
    ['SecureParameters', { Name: 'x' }, /'SecureParam' is missing/],
    ['SecureParameters', { Name: 'x', SecureParam: '' }, /1 to 4096 characters/],
    ['OAuth2ClientCredentials', oauth2({ ClientSecret: undefined }), /'ClientSecret' is missing/],
    ['OAuth2ClientCredentials', oauth2({ ClientId: '' }), /'ClientId' has 1 to/],
    ['OAuth2ClientCredentials', oauth2({ TokenServiceUrl: 'tenant.example' }), /absolute URL/],
    ['OAuth2ClientCredentials', oauth2({ TokenServiceUrl: 'http://tenant.example/t' }), /https:/],
    [
      'OAuth2ClientCredentials',
      oauth2({ TokenServiceUrl: 'https://169.254.169.254/t' }),
      /not an address of the public Internet/,
    ],
    ['OAuth2ClientCredentials', oauth2({ ClientAuthentication: 'mtls' }), /body, header/],
    ['OAuth2ClientCredentials', oauth2({ CustomParameters: 'a=b' }), /list of objects/],
    ['OAuth2ClientCredentials', withParameter('GRANT_TYPE', 'x'), /none of client_id/],
    ['OAuth2ClientCredentials', withParameter('a', ' '), /spaces alone/],
    ['OAuth2ClientCredentials', withParameter('Authorization', 'x', 'header'), /header name/],
    ['OAuth2ClientCredentials', withParameter('a b', 'x', 'header'), /header name/],
    ['OAuth2ClientCredentials', withParameter('Content-Encoding', 'x', 'header'), /header name/],
    ['OAuth2ClientCredentials', withParameter('x'.repeat(257), 'x', 'header'), /header name/],
    [
      'OAuth2ClientCredentials',
      withParameter('X-A', 'x\r\nHost: y', 'header'),
      /control characters/,
    ],
    ['OAuth2ClientCredentials', withParameter('X-A', '…', 'header'), /ISO-8859-1/],
    ['OAuth2ClientCredentials', withParameter('a', 'x', 'cookie'), /body, header, url/],
    [
      'OAuth2ClientCredentials',
      oauth2({
        CustomParameters: [
          { Key: 'a', Value: 'b' },
          { Key: 'a', Value: 'b' },
        ],
      }),
      /Send each once/,
    ],
    [
      'OAuth2ClientCredentials',
      oauth2({
        CustomParameters: Array.from({ length: 21 }, (_, i) => ({ Key: `k${i}`, Value: 'v' })),
      }),
      /at most 20/,
    ],
  ];
  for (const [set, body, message] of cases) {
    const answer = await api.post(set, body);
    assert.ok([400, 415].includes(answer.status), `${String(message)}: ${answer.status}`);
    assert.match(errorIn(answer).message.value, message);
  }
  for (const set of ['UserCredentials', 'OAuth2ClientCredentials', 'SecureParameters']) {
    assert.deepEqual(resultsIn(await api.get(set)), []);
  }
  assert.equal(
    (await api.post('UserCredentials', user({ Description: 'x'.repeat(300_000) }))).status,
    413,
  );
});

function withParameter(Key: string, Value: string, SendAsPartOf?: string): unknown {
  return oauth2({ CustomParameters: [{ Key, Value, SendAsPartOf }] });
}

test('names with quotes, slashes and other scripts are names like any other', async () => {
  const api = await startApi();
  for (const name of ["it's", 'a/b?c#d', '..', '名前 1', '%2F', '__proto__', 'x'.repeat(150)]) {
    assert.equal((await api.post('UserCredentials', user({ Name: name }))).status, 201, name);
    const path = `UserCredentials('${encodeURIComponent(name).replaceAll("'", "''")}')`;
    assert.equal(entityIn(await api.get(path))['Name'], name);
    assert.equal((await api.securityMaterial.userCredentials(name))?.name, name);
  }
  assert.equal(resultsIn(await api.get('UserCredentials')).length, 7);
});

test('an instance uses what another has changed within 25 s, and what it has created at once', async () => {
  const one = await startApi();
  const other = await startApi({ storage: one.storage });
  const passwordAt = async (api: ApiUnderTest) =>
    (await api.securityMaterial.userCredentials('PARTNER_BASIC'))?.password;
  assert.equal(await passwordAt(other), undefined);
  await one.post('UserCredentials', user());
  assert.equal(await passwordAt(other), PASSWORD, 'an absence is not kept');

  await one.put("UserCredentials('PARTNER_BASIC')", user({ Password: 'rotated' }));
  assert.equal(await passwordAt(one), 'rotated', 'the instance that changed it');
  other.clock.advance(9_000);
  assert.equal(await passwordAt(other), PASSWORD, 'a warm message waits for no storage');
  other.clock.advance(17_000);
  assert.equal(await passwordAt(other), 'rotated', 'beyond 25 s nothing old is used');

  await one.delete("UserCredentials('PARTNER_BASIC')");
  await one.post('SecureParameters', { Name: 'PARTNER_BASIC', SecureParam: 'x' });
  other.clock.advance(200);
  assert.equal(await other.securityMaterial.secureParameter('PARTNER_BASIC'), 'x');
  assert.equal(await passwordAt(other), undefined);
});

test('readers see what is there, developers change credentials, and nobody else does either', async () => {
  const api = await startApi();
  const as = (role: string, method: string, path: string, body?: unknown) =>
    api.send({ method, path, body, headers: { authorization: `Bearer ${role}` } });
  assert.equal((await as('AuthGroup.ReadOnly', 'POST', 'UserCredentials', user())).status, 403);
  assert.equal(
    (await as('AuthGroup.IntegrationDeveloper', 'POST', 'UserCredentials', user())).status,
    201,
  );
  assert.equal((await as('AuthGroup.ReadOnly', 'GET', 'UserCredentials')).status, 200);
  assert.equal((await as('ESBMessaging.send', 'GET', 'UserCredentials')).status, 403);
  assert.equal(
    (await as('AuthGroup.ReadOnly', 'DELETE', "UserCredentials('PARTNER_BASIC')")).status,
    403,
  );
});

test('$metadata describes the sets, and their query options work', async () => {
  const api = await startApi();
  const metadata = (await api.get('$metadata')).text;
  for (const text of [
    '<EntitySet Name="UserCredentials" EntityType="com.sap.hci.api.UserCredential"/>',
    '<EntitySet Name="OAuth2ClientCredentials" EntityType="com.sap.hci.api.OAuth2ClientCredential"/>',
    '<EntitySet Name="SecureParameters" EntityType="com.sap.hci.api.SecureParameter"/>',
    '<Property Name="DeployedOn" Type="Edm.DateTime"/>',
    '<NavigationProperty Name="CustomParameters"',
  ]) {
    assert.ok(metadata.includes(text), text);
  }
  assert.equal(metadata.split('<ComplexType Name="SecurityArtifactDescriptor">').length, 2);
  for (const name of ['b', 'a', 'c'])
    await api.post('UserCredentials', user({ Name: name, User: name }));
  const names = async (query: string) =>
    resultsIn(await api.get(`UserCredentials?${query}`)).map((entity) => entity['Name']);
  assert.deepEqual(await names("$filter=User eq 'a' or User eq 'b'&$orderby=Name desc"), [
    'b',
    'a',
  ]);
  assert.deepEqual(await names('$orderby=Name&$skip=1&$top=1'), ['b']);
  assert.equal((await api.get('UserCredentials/$count')).text, '3');
});
