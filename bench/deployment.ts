import { randomBytes, randomUUID } from 'node:crypto';
import { systemClock as clock } from '../shared/config/clock.ts';
import { subscriptionsOf } from '../shared/config/subscriptions.ts';
import { buildBundle } from '../shared/iflow/bundle/build.ts';
import type { StepDescription } from '../shared/iflow/bundle/bundle-description.ts';
import { compileBundle } from '../shared/iflow/compile.ts';
import { openKeyRing } from '../shared/jwt/key-ring.ts';
import { createAccessTokenIssuer } from '../shared/jwt/sign.ts';
import type { SigningAlgorithm } from '../shared/jwt/signing-key.ts';
import type { Confirmation } from '../shared/jwt/types.ts';
import { type Client, userOfClient } from '../shared/registry/client.ts';
import { DEFAULT_OAUTH_SETTINGS } from '../shared/registry/client-defaults.ts';
import { generateSecret } from '../shared/registry/secrets.ts';
import { createClientStore } from '../shared/storage/clients.ts';
import { openDeploymentStore } from '../shared/storage/deployments.ts';
import { createKeyStore } from '../shared/storage/key-ring.ts';
import { createRoleStore } from '../shared/storage/roles.ts';
import { openTables } from '../shared/storage/tables.ts';
import { basic } from '../test/support/instance.ts';
import { requestHead } from './measure/load.ts';

export const ISSUER = 'https://flowgate.example';
const ACCOUNT = 'flowgate';
const SUBSCRIPTION = subscriptionsOf(ACCOUNT).iflmap;
/** Writes under way at once: more do not make Azurite any quicker. */
const AT_ONCE = 32;

export const TOKEN_BODY = 'grant_type=client_credentials';

export interface BenchClient {
  readonly client: Client;
  readonly secret: string;
}

/** What instances are started on: a storage of its own with keys, clients and flows in it. */
export interface Deployment {
  /** Settings of its instances. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Registers clients; the first `known` of them get the role for messages and are answered.
   * @param settings in the place of the usual ones.
   */
  addClients(
    count: number,
    known: number,
    settings?: Partial<Client>,
  ): Promise<readonly BenchClient[]>;
  /**
   * Deploys flows at `/<name>`, as the deploy call would leave them in storage: lines of steps, or bundles
   * that have this address.
   */
  deploy(flows: Readonly<Record<string, readonly StepDescription[] | Uint8Array>>): Promise<void>;
  /** Tokens as an instance would issue them, each different. */
  makeTokens(to: Client, count: number, confirmation?: Confirmation): Promise<readonly string[]>;
}

/** Written straight into storage, through the rooms that own it: no instance has to be up for it. */
export async function openDeployment(
  connectionString: string,
  algorithm: SigningAlgorithm = 'ES256',
): Promise<Deployment> {
  const prefix = `b${randomBytes(6).toString('hex')}`;
  const masterKey = randomBytes(32);
  const tables = openTables({ connectionString, prefix });
  await tables.createAll();
  const ring = openKeyRing({
    store: createKeyStore(tables),
    clock,
    masterKey,
    issuer: ISSUER,
    rules: { algorithm, rotationDays: 90 },
    onChange: () => Promise.resolve(),
  });
  await ring.signingKey();
  const issuer = createAccessTokenIssuer({ ring, clock });
  const clients = createClientStore(tables);
  const roles = createRoleStore(tables);
  const deployments = openDeploymentStore(tables);
  let registered = 0;
  let generation = '';
  return {
    env: {
      AzureWebJobsStorage: connectionString,
      FLOWGATE_STORAGE_PREFIX: prefix,
      FLOWGATE_MASTER_KEY: masterKey.toString('base64'),
      FLOWGATE_ISSUER: ISSUER,
      FLOWGATE_ACCOUNT: ACCOUNT,
      FLOWGATE_SIGNING_ALG: algorithm,
    },

    async addClients(count, known, settings = {}) {
      const made: BenchClient[] = [];
      const first = registered;
      registered += count;
      await inParallel(count, async (i) => {
        const one = makeClient(`client-${first + i}`, settings);
        await clients.create(one.client);
        if (i >= known) return;
        const user = userOfClient(one.client.clientId);
        const assignment = { role: 'ESBMessaging.send', user, assignedAt: clock.now() };
        await roles.assign(SUBSCRIPTION, assignment, 'predefined');
        made.push(one);
      });
      return made;
    },

    async deploy(flows) {
      for (const [id, flow] of Object.entries(flows)) {
        const revision = randomUUID();
        const address = `/${id}`;
        const bundle =
          flow instanceof Uint8Array ? flow : buildBundle({ id, name: id, address, steps: flow });
        await deployments.writeFlow(revision, compileBundle(bundle).flow);
        const before = { generation, etag: generation === '' ? undefined : '*', deployments: [] };
        generation = randomUUID();
        const deployment = {
          id,
          name: id,
          version: '1.0.0',
          packageId: 'Bench',
          packageName: 'Bench',
          status: 'STARTED' as const,
          deployedBy: 'bench',
          deployedOn: clock.now(),
          revision,
          addresses: [address],
          faults: [],
        };
        const put = { deployment, previousRevision: '', taskIds: [] };
        const outcome = await deployments.commit(before, { put }, generation);
        if (outcome !== 'committed') throw new Error(`${id} was not deployed.`);
      }
    },

    async makeTokens({ clientId, createdAt, accessTokenLifetime }, count, confirmation) {
      const tokens: string[] = [];
      for (let i = 0; i < count; i += 1) {
        const { token } = await issuer.issue({
          subject: userOfClient(clientId),
          clientId,
          tokensFrom: createdAt,
          audience: SUBSCRIPTION,
          lifetime: accessTokenLifetime,
          scope: '',
          roles: ['ESBMessaging.send'],
          confirmation,
        });
        tokens.push(token);
      }
      return tokens;
    },
  };
}

function makeClient(clientId: string, settings: Partial<Client>): BenchClient {
  const createdAt = clock.now();
  const { text, stored } = generateSecret(randomBytes, { createdAt, expiresAt: undefined });
  const client: Client = {
    clientId,
    clientName: clientId,
    description: '',
    subscription: SUBSCRIPTION,
    grantTypes: ['client_credentials'],
    scopes: [],
    redirectUris: [],
    tokenEndpointAuthMethod: 'client_secret_basic',
    accessTokenLifetime: 3600,
    refreshTokenLifetime: 43_200,
    allowedOrigins: [],
    enabled: true,
    ...DEFAULT_OAUTH_SETTINGS,
    secrets: [stored],
    tokensFrom: createdAt,
    createdAt,
    updatedAt: createdAt,
    ...settings,
  };
  return { client, secret: text };
}

async function inParallel(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

export function tokenHead(path: string, id: string, secret: string): string {
  const headers = {
    Authorization: basic(id, secret),
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  return requestHead('POST', path, headers, TOKEN_BODY.length);
}

export const flowgateTokenHead = ({ client, secret }: BenchClient): string =>
  tokenHead('/oauth2/api/v1/token', client.clientId, secret);

export const messageHead = (flow: string, token: string): string =>
  requestHead('GET', `/http/${flow}`, { Authorization: `Bearer ${token}` });

/** The walk-through's script. */
export const HELLO_SCRIPT = `function processData(message) {
  var body = message.getBody();
  message.setBody("Hello world from IFlow");
  return message;
}`;

export const SCRIPT_STEP: StepDescription = {
  type: 'script',
  name: 'Hello',
  fileName: 'hello.js',
  source: HELLO_SCRIPT,
};

export const MODIFIER_STEP: StepDescription = {
  type: 'contentModifier',
  name: 'Hello',
  headers: [{ name: 'X-Greeting', value: 'hello' }],
  body: { type: 'constant', content: 'Hello world from IFlow' },
};

/** Leaves the body as it is, so that it comes back with the answer. */
export const HEADER_STEP: StepDescription = {
  type: 'contentModifier',
  name: 'Header',
  headers: [{ name: 'X-Greeting', value: 'hello' }],
};
