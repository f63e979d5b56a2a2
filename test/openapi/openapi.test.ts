import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { format } from 'prettier';
import { makeDocument } from '../../scripts/openapi/document.ts';
import { ROUTES } from '../../shared/registry/api/registry-api.ts';
import { committed, description, faultIn, type Media, responseOf } from './description.ts';

const functionsFolder = join(import.meta.dirname, '..', '..', 'functions');

/** Routes of HTTP functions, as the host is told them. */
const functionRoutes = readdirSync(functionsFolder)
  .map((file) => readFileSync(join(functionsFolder, file), 'utf8'))
  .flatMap((source) => [...source.matchAll(/app\.http\([^)]*?route: '([^']*)'/g)])
  .map(([, route = '']) => route);

/** Rooms that answer below /registry/v1 beside its route table. */
const EXTRA = ['/registry/v1/keys', '/registry/v1/facades'];

const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

test('docs/openapi.json is what scripts/openapi.ts makes of the code', async () => {
  const made = await format(JSON.stringify(makeDocument()), { parser: 'json', printWidth: 100 });
  assert.ok(made === committed, 'run: node scripts/openapi.ts');
});

test('every route of the registry is described with its methods, and nothing else is', () => {
  const described = new Map(
    Object.entries(description.paths)
      .filter(([path]) => path.startsWith('/registry/v1/') && !EXTRA.includes(path))
      .map(([path, methods]) => [
        path.replace(/\{\w+\}/g, '*'),
        Object.keys(methods)
          .map((method) => method.toUpperCase())
          .sort(),
      ]),
  );
  const served = new Map(
    ROUTES.map(({ path, operations: handled }) => [
      `/registry/v1/${path}`,
      Object.keys(handled).sort(),
    ]),
  );
  assert.deepEqual([...described].sort(), [...served].sort());
});

test('every function has its addresses described, and every address a function', () => {
  assert.ok(functionRoutes.length > 10);
  // The OData API describes itself, at /api/v1/$metadata.
  const expected = functionRoutes.filter((route) => route !== 'api/v1/{*path}');
  const functionOf = (path: string): string => {
    if (path === '/') return '{*path}';
    if (path.startsWith('/registry/v1/')) return 'registry/v1/{*path}';
    if (path === '/http/{address}') return 'http/{*address}';
    if (path === '/oauth2/api/v1/sign-in') return 'oauth2/api/v1/sign-in/{*step}';
    if (path === '/oauth2/api/v1/account') return 'oauth2/api/v1/account/{*part}';
    return path.slice(1);
  };
  const described = new Set(Object.keys(description.paths).map(functionOf));
  assert.deepEqual([...described].sort(), [...expected].sort());
});

test('every example is valid by the schema beside it', () => {
  const all: { where: string; media: Media }[] = operations.flatMap(({ path, method, operation }) =>
    [operation.requestBody, ...Object.values(operation.responses).map(responseOf)].flatMap((part) =>
      Object.values(part?.content ?? {}).map((media) => ({ where: `${method} ${path}`, media })),
    ),
  );
  const examples = all.filter(({ media }) => media.example !== undefined);
  assert.ok(examples.length > 30);
  for (const { where, media } of examples) {
    assert.equal(faultIn(media, media.example), undefined, where);
  }
});

test('operations have names of their own, and every part of a path is explained', () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const { path, operation } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const explained = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'path')
      .map(({ name }) => name);
    assert.deepEqual(explained, named, path);
  }
});

test('a wrong value is told by the schemas, so that right ones mean something', () => {
  const { ClientRegistration, Client, Diagnosis } = description.components.schemas;
  assert.ok(ClientRegistration && Client && Diagnosis);
  const judge = (name: string, value: unknown) =>
    faultIn({ schema: { $ref: `#/components/schemas/${name}` } }, value);
  assert.equal(judge('ClientRegistration', { access_token_lifetime: 60 }), undefined);
  assert.equal(judge('ClientRegistration', { access_token_lifetime: null }), undefined);
  assert.match(judge('ClientRegistration', { access_token_lifetime: 59 }) ?? '', /59|60/);
  assert.match(judge('ClientRegistration', { client_id: 'a b' }) ?? '', /client_id/);
  assert.match(judge('ClientRegistration', { clientname: 'typo' }) ?? '', /clientname/);
  assert.match(judge('Client', {}) ?? '', /client_id/);
  assert.match(judge('Diagnosis', { ok: true, checks: [{}] }) ?? '', /checks/);
});
