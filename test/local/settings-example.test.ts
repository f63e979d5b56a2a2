import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newSettings } from '../../local/func/settings.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { settingsSchema } from '../../shared/config/schema.ts';

const example = readFileSync(
  join(import.meta.dirname, '../../local.settings.example.json'),
  'utf8',
);
const values = (text: string): Record<string, string> =>
  (JSON.parse(text) as { Values: Record<string, string> }).Values;

/** Read by the Functions host, not by Flowgate. */
const OF_THE_HOST = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsDisableHomepage'];
/** Set by the Functions host. */
const SET_BY_THE_HOST = [
  'WEBSITE_HOSTNAME',
  'WEBSITE_SITE_NAME',
  'IDENTITY_ENDPOINT',
  'IDENTITY_HEADER',
];
/** They take the place of a setting that the file has. */
const isForManagedIdentity = (name: string): boolean => name.startsWith('AzureWebJobsStorage__');

test('local.settings.example.json has every setting of the schema and no other', () => {
  const known = Object.keys(settingsSchema.shape).filter(
    (key) => !SET_BY_THE_HOST.includes(key) && !isForManagedIdentity(key),
  );
  assert.deepEqual(Object.keys(values(example)).sort(), [...known, ...OF_THE_HOST].sort());
});

test('docs/settings.md has a row for every setting of the schema', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/settings.md'), 'utf8');
  const missing = Object.keys(settingsSchema.shape).filter((key) => !docs.includes(`\`${key}\``));
  assert.deepEqual(missing, []);
});

test('local.settings.json made from it is a valid configuration with secrets of its own', () => {
  const [one, other] = [values(newSettings(example)), values(newSettings(example))];
  const config = loadConfig({ ...one, WEBSITE_HOSTNAME: 'localhost:7071' });
  assert.equal(config.issuer, 'http://localhost:7071');
  assert.equal(config.bootstrap?.clientId, 'flowgate-admin');
  assert.notEqual(one['FLOWGATE_MASTER_KEY'], other['FLOWGATE_MASTER_KEY']);
  assert.notEqual(
    one['FLOWGATE_BOOTSTRAP_CLIENT_SECRET'],
    other['FLOWGATE_BOOTSTRAP_CLIENT_SECRET'],
  );
});
