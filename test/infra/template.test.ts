import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { parseBicep } from './bicep/parse.ts';
import { type BicepFile, type Expression, walk } from './bicep/syntax.ts';
import { deploy, only, read, valueAt } from './template.ts';

const files = new Map<string, BicepFile>(
  readdirSync(new URL('../../infra', import.meta.url))
    .filter((name) => name.endsWith('.bicep'))
    .map((name) => [name, parseBicep(read(`infra/${name}`))]),
);

test('every name that a template uses is declared in it, once, and every parameter and variable is used', () => {
  for (const [file, { declarations }] of files) {
    const names = declarations.filter(({ kind }) => kind !== 'output').map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)], file);
    const used = new Set<string>();
    const locals = new Set<string>();
    for (const { value, condition, decorators } of declarations) {
      for (const part of [value, condition, ...decorators]) {
        for (const each of part === undefined ? [] : walk(part)) {
          if (each.kind === 'name') used.add(each.name);
          if (each.kind === 'for') for (const name of each.names) locals.add(name);
        }
      }
    }
    const unknown = [...used].filter((name) => !names.includes(name) && !locals.has(name));
    assert.deepEqual(unknown, [], `${file} uses what is not there`);
    const idle = declarations.filter(
      ({ kind, name }) => (kind === 'param' || kind === 'var') && !used.has(name),
    );
    assert.deepEqual(
      idle.map(({ name }) => name),
      [],
      `${file} declares what it does not use`,
    );
  }
});

test('resources have pinned, released API versions, and no module comes from a registry', () => {
  for (const [file, { declarations }] of files) {
    for (const { kind, type } of declarations) {
      if (kind === 'resource') assert.match(type, /^Microsoft\.[\w./]+@\d{4}-\d\d-\d\d$/, file);
      if (kind === 'module') assert.ok(files.has(type), `${file} has the module ${type}`);
    }
  }
});

test('loops, conditions and names follow from what is known before the deployment starts (BCP120, BCP178, BCP182)', () => {
  for (const [file, { declarations }] of files) {
    const isLate = (name: string): boolean => {
      const found = declarations.find((each) => each.name === name);
      if (found?.kind === 'resource' || found?.kind === 'module') return true;
      if (found?.kind !== 'var' || found.value === undefined) return false;
      return namesIn(found.value).some(isLate);
    };
    for (const { kind, value, condition } of declarations) {
      const parts = value === undefined ? [] : [...walk(value)];
      const early = parts.flatMap((part) => (part.kind === 'for' ? [part.over] : []));
      for (const expression of condition === undefined ? early : [...early, condition]) {
        assert.deepEqual(namesIn(expression).filter(isLate), [], file);
      }
      const body = value?.kind === 'for' ? value.body : value;
      const [, name] =
        (body?.kind === 'object' && kind === 'resource'
          ? body.entries.find(([key]) => key.kind === 'literal' && key.value === 'name')
          : undefined) ?? [];
      for (const part of name === undefined ? [] : walk(name)) {
        // A resource's id and name are known, what it is once it is there is not.
        const member = part.kind === 'member' && part.name.kind === 'literal' && part.name.value;
        assert.ok(member !== 'properties' && member !== 'outputs', file);
      }
    }
  }
});

const namesIn = (expression: Expression): string[] =>
  [...walk(expression)].flatMap((part) => (part.kind === 'name' ? [part.name] : []));

test('the docs name every parameter as it is set in the azd environment', () => {
  const table = [...read('docs/deployment.md').matchAll(/^\| `(FLOWGATE_\w+)` /gm)].map(
    ([, name]) => name,
  );
  const fed = [...read('infra/main.parameters.json').matchAll(/\{(FLOWGATE_\w+)\}/g)]
    .map(([, name]) => name)
    .filter((name) => !name?.startsWith('FLOWGATE_NEW_'));
  assert.deepEqual(table, fed);
});

test('the reader of templates refuses what it does not understand', () => {
  for (const source of [
    "resource a 'T@1' = {\n  name: 'a'\n",
    "param a string = 'x' 'y'\n",
    'var a = [1 2]\n',
    "var a = 'open\n",
    'function a() => 1\n',
  ]) {
    assert.throws(() => parseBicep(source), SyntaxError, source);
  }
  assert.throws(() => deploy({ nodeVersion: '20' }), /@allowed/);
  assert.throws(() => deploy({ maximumInstances: 1001 }), /@maxValue/);
  assert.throws(() => deploy({ environmentName: 'x'.repeat(65) }), /@maxLength/);
  assert.throws(() => deploy({ unknown: 1 }), /has no parameter/);
});

test('main.parameters.json feeds every parameter of main.bicep from the azd environment', () => {
  const { parameters } = JSON.parse(read('infra/main.parameters.json')) as {
    parameters: Record<string, { value: string }>;
  };
  const declared = files.get('main.bicep')?.declarations.filter(({ kind }) => kind === 'param');
  assert.deepEqual(
    Object.keys(parameters),
    declared?.map(({ name }) => name),
  );
  for (const { value } of Object.values(parameters)) {
    // No default here: azd leaves out what is not set, and the template's own default holds.
    assert.match(value, /^\$\{(AZURE|FLOWGATE)_[A-Z_]+\}$/);
  }
});

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
const NAME_RULES: Readonly<Record<string, RegExp>> = {
  'Microsoft.Resources/resourceGroups': /^[\w().-]{0,89}[\w()-]$/,
  'Microsoft.ManagedIdentity/userAssignedIdentities': /^[A-Za-z0-9][\w-]{2,127}$/,
  'Microsoft.Storage/storageAccounts': /^[a-z0-9]{3,24}$/,
  'Microsoft.KeyVault/vaults': /^(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/,
  'Microsoft.KeyVault/vaults/secrets': /^[A-Za-z0-9-]{1,127}$/,
  'Microsoft.Storage/storageAccounts/blobServices': /^default$/,
  'Microsoft.Storage/storageAccounts/blobServices/containers':
    /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  'Microsoft.OperationalInsights/workspaces': /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
  'Microsoft.Insights/components': /^[^%&\\?/]{0,259}[^%&\\?/. ]$/,
  'Microsoft.Web/serverfarms': /^[A-Za-z0-9-]{1,60}$/,
  // 32, not 60: the host's id is cut there, and two apps of one id would share their timers.
  'Microsoft.Web/sites': /^[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]$/,
  'Microsoft.Web/sites/config': /^appsettings$/,
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': /^(ftp|scm)$/,
  'Microsoft.Network/virtualNetworks': /^[A-Za-z0-9][\w.-]{0,62}\w$/,
  'Microsoft.Network/privateDnsZones': /^([a-z0-9-]{1,63}\.){1,33}[a-z]+$/,
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks': /^[A-Za-z0-9][\w.-]{0,78}\w$/,
  'Microsoft.Network/privateEndpoints': /^[A-Za-z0-9][\w.-]{0,62}\w$/,
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups': /^[A-Za-z0-9][\w.-]{0,78}\w$/,
  'Microsoft.Authorization/roleAssignments': /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};
const EVERYTHING = {
  privateNetwork: true,
  newMasterKey: 'k',
  newAdminSecret: 's',
  secretsReaderId: 'r',
};

test('every resource has a name by Azure’s rules, whatever the environment is called', () => {
  // By azd's own rule: ^[a-zA-Z0-9-\(\)_\.]{1,64}$
  for (const environmentName of [
    'a',
    'Z'.repeat(64),
    '-'.repeat(64),
    '.'.repeat(64),
    '(1)_x.',
    '9',
  ]) {
    const { resources } = deploy({ ...EVERYTHING, environmentName });
    for (const { type, name } of resources) {
      const rule = NAME_RULES[type];
      assert.ok(rule, `a rule for ${type}`);
      assert.match(name.split('/').at(-1) ?? '', rule, type);
    }
  }
});

test('two environments share nothing, and an environment keeps its names', () => {
  const idsOf = (environmentName: string): string[] =>
    deploy({ ...EVERYTHING, environmentName }).resources.map(({ id }) => id);
  const [staging, production] = [idsOf('staging'), idsOf('production')];
  assert.deepEqual(idsOf('staging'), staging);
  const shared = staging.filter((id) => production.includes(id));
  // The zones have names that Azure gives, and are in the group of their environment.
  assert.ok(
    shared.every((id) => id.startsWith('/Microsoft.Network/privateDnsZones/')),
    shared.join(),
  );
});

test('keys and passwords are off wherever an identity will do, and nothing is public', () => {
  const deployment = deploy(EVERYTHING);
  const expected: Record<string, Record<string, unknown>> = {
    'Microsoft.Storage/storageAccounts': {
      'properties.allowSharedKeyAccess': false,
      'properties.allowBlobPublicAccess': false,
      'properties.minimumTlsVersion': 'TLS1_2',
      'properties.supportsHttpsTrafficOnly': true,
    },
    'Microsoft.Storage/storageAccounts/blobServices/containers': {
      'properties.publicAccess': 'None',
    },
    'Microsoft.KeyVault/vaults': {
      'properties.enableRbacAuthorization': true,
      'properties.enableSoftDelete': true,
    },
    'Microsoft.Insights/components': { 'properties.DisableLocalAuth': true },
    'Microsoft.OperationalInsights/workspaces': { 'properties.features.disableLocalAuth': true },
    'Microsoft.Web/sites/basicPublishingCredentialsPolicies': { 'properties.allow': false },
    'Microsoft.Web/sites': {
      'properties.httpsOnly': true,
      'properties.siteConfig.minTlsVersion': '1.2',
      'identity.type': 'UserAssigned',
      // Azure's own CORS would answer preflights in the app's place.
      'properties.siteConfig.cors': undefined,
    },
  };
  for (const [type, values] of Object.entries(expected)) {
    for (const [path, value] of Object.entries(values)) {
      assert.equal(valueAt(only(deployment, type), path), value, `${type} ${path}`);
    }
  }
});

test('with a private network storage and vault answer there alone, and the app is in it', () => {
  const isolated = deploy({ privateNetwork: true });
  for (const type of ['Microsoft.Storage/storageAccounts', 'Microsoft.KeyVault/vaults']) {
    const resource = only(isolated, type);
    assert.equal(valueAt(resource, 'properties.publicNetworkAccess'), 'Disabled');
    assert.equal(valueAt(resource, 'properties.networkAcls.defaultAction'), 'Deny');
  }
  const reached = isolated.resources
    .filter(({ type }) => type === 'Microsoft.Network/privateEndpoints')
    .flatMap((endpoint) => valueAt(endpoint, 'properties.privateLinkServiceConnections'))
    .map((connection) => (connection as { properties: object }).properties);
  const storageId = only(isolated, 'Microsoft.Storage/storageAccounts').id;
  const vaultId = only(isolated, 'Microsoft.KeyVault/vaults').id;
  assert.deepEqual(reached, [
    { privateLinkServiceId: storageId, groupIds: ['blob'] },
    { privateLinkServiceId: storageId, groupIds: ['table'] },
    { privateLinkServiceId: vaultId, groupIds: ['vault'] },
  ]);
  const network = only(isolated, 'Microsoft.Network/virtualNetworks');
  const [subnet] = valueAt(network, 'properties.subnets') as {
    name: string;
    properties: { delegations: { properties: { serviceName: string } }[] };
  }[];
  assert.equal(
    subnet?.properties.delegations[0]?.properties.serviceName,
    'Microsoft.App/environments',
  );
  assert.equal(
    valueAt(only(isolated, 'Microsoft.Web/sites'), 'properties.virtualNetworkSubnetId'),
    `${network.id}/subnets/${subnet.name}`,
  );

  const open = deploy();
  assert.deepEqual(
    open.resources.filter(({ type }) => type.startsWith('Microsoft.Network/')),
    [],
  );
  const site = only(open, 'Microsoft.Web/sites');
  assert.equal(valueAt(site, 'properties.virtualNetworkSubnetId'), null);
});

test('size and runtime of the instances are as the parameters say', () => {
  const site = only(
    deploy({
      instanceMemory: 4096,
      maximumInstances: 40,
      alwaysReadyInstances: 2,
      nodeVersion: '24',
    }),
    'Microsoft.Web/sites',
  );
  assert.deepEqual(valueAt(site, 'properties.functionAppConfig.scaleAndConcurrency'), {
    instanceMemoryMB: 4096,
    maximumInstanceCount: 40,
    alwaysReady: [{ name: 'http', instanceCount: 2 }],
  });
  assert.deepEqual(valueAt(site, 'properties.functionAppConfig.runtime'), {
    name: 'node',
    version: '24',
  });
});
