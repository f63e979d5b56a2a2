import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { NODE_OPTIONS } from '../../bench/measure/server.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { APP_SETTINGS, HOST_SETTINGS, read, root } from './template.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
  /** Container Apps. */
  readonly secretRef?: string;
  /** Kubernetes. */
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}
interface Probe {
  readonly type?: string;
  readonly httpGet: { readonly path: string; readonly port: number | string };
}
interface Container {
  readonly env: readonly Variable[];
  readonly resources: unknown;
  readonly probes?: readonly Probe[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly securityContext?: unknown;
}

function documents(path: string): Record<string, unknown>[] {
  const found = parseAllDocuments(read(path));
  assert.ok(!('empty' in found));
  for (const document of found) assert.deepEqual([...document.errors, ...document.warnings], []);
  return found.map((document) => document.toJS() as Record<string, unknown>);
}

const containerApp = documents('infra/container-apps.yaml')[0] as {
  properties: {
    configuration: {
      ingress: { targetPort: number; allowInsecure: boolean };
      secrets: { name: string; keyVaultUrl?: string; value?: string }[];
    };
    template: { containers: Container[]; scale: { minReplicas: number } };
  };
};
const manifests = documents('infra/kubernetes.yaml');
const deployment = manifests.find(({ kind }) => kind === 'Deployment') as {
  spec: {
    template: {
      spec: { containers: Container[]; securityContext: { runAsUser: number } };
    };
  };
};
const [app] = containerApp.properties.template.containers;
const [pod] = deployment.spec.template.spec.containers;
assert.ok(app !== undefined && pod !== undefined);

const SECRET = /MASTER_KEY|SECRET$|^AzureWebJobsStorage$/;

test('the manifests set what is read, and the configuration loads from it', () => {
  for (const { env } of [app, pod]) {
    for (const { name } of env) {
      assert.ok(APP_SETTINGS.includes(name) || name in HOST_SETTINGS, name);
    }
    const filled: [string, string][] = env.map(({ name, value }) => [
      name,
      name === 'FLOWGATE_MASTER_KEY'
        ? randomBytes(32).toString('base64')
        : (value?.replaceAll(/<[^>]+>/g, 'placeholder') ?? 'a-secret-of-its-own'),
    ]);
    const config = loadConfig({
      ...Object.fromEntries(filled),
      IDENTITY_ENDPOINT: 'http://localhost:42356/msi/token',
      IDENTITY_HEADER: 'h',
    });
    assert.match(config.issuer, /^https:/);
    assert.ok(config.bootstrap);
  }
});

test('secrets are references, and there is none in the files', () => {
  for (const { env } of [app, pod]) {
    const secret = env.filter(({ name }) => SECRET.test(name));
    assert.ok(secret.length >= 2);
    for (const { name, value, secretRef, valueFrom } of secret) {
      assert.equal(value, undefined, name);
      assert.ok(secretRef !== undefined || valueFrom?.secretKeyRef.name === 'flowgate', name);
    }
  }
  const { secrets } = containerApp.properties.configuration;
  for (const { value, keyVaultUrl } of secrets) {
    assert.equal(value, undefined);
    assert.match(keyVaultUrl ?? '', /^https:\/\/<vault>\.vault\.azure\.net\/secrets\/flowgate-/);
  }
  const names = secrets.map(({ name }) => name);
  for (const { secretRef } of app.env) {
    assert.ok(secretRef === undefined || names.includes(secretRef));
  }
  assert.ok(!manifests.some(({ kind }) => kind === 'Secret'));
});

test('probes ask the two health endpoints, on the port that the image serves', () => {
  const dockerfile = read('Dockerfile');
  const port = Number(/^EXPOSE (\d+)$/m.exec(dockerfile)?.[1]);
  assert.match(dockerfile, new RegExp(`ASPNETCORE_URLS=http://\\+:${port}\\b`));
  assert.equal(containerApp.properties.configuration.ingress.targetPort, port);
  assert.deepEqual(
    app.probes?.map(({ type, httpGet }) => [type, httpGet.path, httpGet.port]),
    [
      ['Startup', '/health/live', port],
      ['Liveness', '/health/live', port],
      ['Readiness', '/health/ready', port],
    ],
  );
  assert.equal(pod.ports?.[0]?.containerPort, port);
  assert.deepEqual(
    [pod.startupProbe, pod.livenessProbe, pod.readinessProbe].map((probe) => probe?.httpGet),
    ['/health/live', '/health/live', '/health/ready'].map((path) => ({ path, port: 'http' })),
  );
  const functions = readdirSync(join(root, 'functions'));
  assert.ok(functions.includes('health-live.ts') && functions.includes('health-ready.ts'));
});

test('containers have limits, no root and one host id for all replicas', () => {
  assert.deepEqual(app.resources, { cpu: 1, memory: '2Gi' });
  assert.deepEqual(Object.keys((pod.resources as { limits: object }).limits), ['cpu', 'memory']);
  const user = /^USER (\d+):\d+$/m.exec(read('Dockerfile'))?.[1];
  assert.equal(String(deployment.spec.template.spec.securityContext.runAsUser), user);
  assert.notEqual(user, '0');
  assert.deepEqual(pod.securityContext, {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  });
  assert.equal(containerApp.properties.configuration.ingress.allowInsecure, false);
  for (const { env } of [app, pod]) {
    assert.ok(env.some(({ name }) => name === 'AzureFunctionsWebHost__hostid'));
  }
});

test('the image is Microsoft’s, of the Node.js version that the bundles are for, with the pack in it', () => {
  const dockerfile = read('Dockerfile');
  const [, node] =
    /^FROM mcr\.microsoft\.com\/azure-functions\/node:4-node(\d+)$/m.exec(dockerfile) ?? [];
  assert.match(read('scripts/build.ts'), new RegExp(`target: 'node${String(node)}'`));
  assert.match(dockerfile, /^COPY --from=pack \/src\/pack \/home\/site\/wwwroot$/m);
  assert.match(dockerfile, /^RUN npm run pack$/m);
});

test('Node.js has the same option in the image as with npm start and in the bench', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } };
  const [option] = /--max-semi-space-size=\d+/.exec(scripts.start) ?? [];
  assert.ok(option);
  assert.match(read('Dockerfile'), new RegExp(`languageWorkers__node__arguments=${option} `));
  assert.deepEqual(NODE_OPTIONS, [option]);
});

test('the build gets what the pack is made of, and nothing private', () => {
  // https://docs.docker.com/build/concepts/context/#dockerignore-files: `*` stays within a name.
  const left = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => new RegExp(`^${line.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`));
  const isLeft = (path: string): boolean => left.some((pattern) => pattern.test(path));
  const needed = ['functions', 'shared', 'scripts', 'local', 'host.json', 'LICENSE'];
  for (const path of [...needed, 'package.json', 'package-lock.json', '.npmrc']) {
    assert.ok(existsSync(join(root, path)) && !isLeft(path), path);
  }
  for (const path of [
    '.azure',
    '.git',
    '.flowgate',
    'local.settings.json',
    'node_modules',
    'pack',
  ]) {
    assert.ok(isLeft(path), path);
  }
});
