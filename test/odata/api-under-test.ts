import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpCall } from '../../shared/http/call.ts';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { bundleContents, bundleIdentity } from '../../shared/iflow/bundle/bundle.ts';
import { configureBundle } from '../../shared/iflow/bundle/configure.ts';
import { emptyBundle } from '../../shared/iflow/bundle/empty.ts';
import { renameBundle } from '../../shared/iflow/bundle/rename.ts';
import { compileArtifact } from '../../shared/iflow/deployment/compile-artifact.ts';
import { createDeployer } from '../../shared/iflow/deployment/deploy.ts';
import { createDeploymentDirectory } from '../../shared/iflow/deployment/directory.ts';
import { createArtifacts } from '../../shared/iflow/design/artifacts.ts';
import { createArtifactChanger } from '../../shared/iflow/design/change-artifact.ts';
import { createConfigurations } from '../../shared/iflow/design/configurations.ts';
import { createExportPackage } from '../../shared/iflow/design/export-package.ts';
import { createForesee } from '../../shared/iflow/design/foresee-clashes.ts';
import { createImportPackage } from '../../shared/iflow/design/import-package.ts';
import { createPackageMessages } from '../../shared/iflow/design/package-messages.ts';
import { createPackages } from '../../shared/iflow/design/packages.ts';
import { openAddressReader } from '../../shared/iflow/dispatch/address-reader.ts';
import type { CompiledFlow } from '../../shared/iflow/flow.ts';
import { knownParameters } from '../../shared/iflow/model/known-parameters.ts';
import type { LogAttachmentReader } from '../../shared/monitor/log-attachments.ts';
import type {
  MessageLogEntry,
  MessageLogQuery,
  MessageLogReader,
} from '../../shared/monitor/message-log.ts';
import { createODataApi } from '../../shared/odata/api.ts';
import { odataSurface } from '../../shared/odata/errors.ts';
import { BearerFault, type BearerGate, type Caller } from '../../shared/oauth/gate.ts';
import { createAccessPolicyAdministration } from '../../shared/registry/access-policies/administration.ts';
import { createAccessPolicyDirectory } from '../../shared/registry/access-policies/directory.ts';
import { createNumberRangeAdministration } from '../../shared/iflow/services/administer-number-ranges.ts';
import { createPartnerAdministration } from '../../shared/iflow/services/administer-partners.ts';
import { createMaterialAdministration } from '../../shared/registry/security-material/administration.ts';
import { createDeployedMaterial } from '../../shared/registry/security-material/deployed-material.ts';
import { createMaterialStore } from '../../shared/registry/security-material/material-store.ts';
import { openAccessPolicyStore } from '../../shared/storage/access-policies.ts';
import { openMaterialRows } from '../../shared/storage/security-material.ts';
import { openBundleBlobs } from '../../shared/storage/blobs.ts';
import { openDataStores } from '../../shared/storage/data-stores.ts';
import { openNumberRanges } from '../../shared/storage/number-ranges.ts';
import { openPartners } from '../../shared/storage/partners.ts';
import { createContentSealer } from '../../shared/storage/sealed-content.ts';
import { openDeploymentStore } from '../../shared/storage/deployments.ts';
import { openDesignStore } from '../../shared/storage/design.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { openTaskStore } from '../../shared/storage/tasks.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { testTrail } from '../support/audit.ts';
import { type Answer, answerOf, type CallOptions, makeCall } from '../support/call.ts';
import { testClock } from '../support/clock.ts';

const ISSUER = 'https://flowgate.example';
export const MATERIAL_KEY = Buffer.alloc(32, 'a key for security material');

/** Takes the bearer token for the name of a role; `Bearer AuthGroup.ReadOnly` has that role. */
const gate: BearerGate = {
  authenticate(call: HttpCall, subscription: string): Promise<Caller> {
    const role = /^Bearer (\S+)$/.exec(call.headers.get('authorization') ?? '')?.[1];
    if (role === undefined) {
      return Promise.reject(new BearerFault('missing_token', 'Send a bearer token.'));
    }
    return Promise.resolve({
      user: 'oauth_client_tester',
      clientId: role,
      subscription,
      claims: {
        iss: ISSUER,
        sub: 'oauth_client_tester',
        client_id: role,
        aud: subscription,
        exp: 2_000_000_000,
        iat: 1_900_000_000,
        jti: '1',
      },
    });
  },
  hasRole: (caller, oneOf) => Promise.resolve(oneOf.includes(caller.clientId)),
  requireRole(caller, oneOf): Promise<void> {
    if (oneOf.includes(caller.clientId)) return Promise.resolve();
    return Promise.reject(new BearerFault('missing_role', `One of ${oneOf.join(', ')} is needed.`));
  },
};

/** One instance of the API over Azurite; two on one storage are two instances of a deployment. */
export async function startApi(
  options: {
    readonly storage?: TestStorage;
    readonly log?: readonly MessageLogEntry[];
    readonly logAttachments?: LogAttachmentReader;
    /** Compiles every artifact as an iFlow of the test's own. */
    readonly compileBundle?: () => { readonly flow: CompiledFlow };
  } = {},
) {
  const storage = options.storage ?? (await testStorage());
  const tables = openTables(storage);
  const clock = testClock();
  const blobs = openBundleBlobs(storage);
  const design = openDesignStore(tables);
  const store = openDeploymentStore(tables);
  const tasks = openTaskStore(tables);
  const directory = createDeploymentDirectory(store, clock);
  const bundles = { bundleIdentity, emptyBundle, renameBundle, configureBundle, knownParameters };
  const parts = { store: design, blobs, bundles, clock, randomUUID };
  const kinds = {
    IntegrationFlow: createArtifacts('IntegrationFlow', parts),
    ScriptCollection: createArtifacts('ScriptCollection', parts),
    ValueMapping: createArtifacts('ValueMapping', parts),
    MessageMapping: createArtifacts('MessageMapping', parts),
  };
  const { compileBundle } = options;
  const deployer = createDeployer({
    findSwitchedOff: () => [],
    artifacts: kinds,
    design,
    store,
    tasks,
    compile:
      compileBundle === undefined
        ? compileArtifact
        : // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection
          async () => compileBundle(),
    onChange: () => {
      directory.forget();
    },
    clock,
    randomUUID,
    delay,
    random: Math.random,
  });
  const foresee = createForesee({
    openReader: () => openAddressReader({ timeoutMs: 10_000, memoryMb: 256 }),
    deployed: async () => (await directory.current(0)).deployments,
    clock,
  });
  const packages = createPackages({ store: design, blobs, clock });
  const trail = testTrail();
  const rows = openMaterialRows(tables);
  let materialReads = 0;
  const countingRows: typeof rows = {
    ...rows,
    list: (space) => {
      materialReads += 1;
      return rows.list(space);
    },
    read: (space, name) => {
      materialReads += 1;
      return rows.read(space, name);
    },
  };
  const materialStore = createMaterialStore(countingRows, MATERIAL_KEY);
  const deployed = createDeployedMaterial(materialStore, clock);
  const sealer = createContentSealer(Buffer.alloc(32, 7), 64 * 1024 * 1024);
  const dataStores = openDataStores({ tables, sealer, clock, randomUUID });
  const numberRangeStore = openNumberRanges(tables);
  const policyStore = openAccessPolicyStore(tables);
  const policies = createAccessPolicyDirectory(policyStore, clock);
  const handle = createODataApi({
    checkContent: () => Promise.resolve([]),
    gate,
    subscription: 'flowgatetmn',
    issuer: ISSUER,
    packages,
    artifacts: kinds,
    configurations: createConfigurations({
      changer: createArtifactChanger('IntegrationFlow', parts),
      bundles,
    }),
    importPackage: createImportPackage({ ...parts, foresee }),
    exportPackage: createExportPackage(parts),
    packageMessages: createPackageMessages({ ...parts, foresee }),
    readContents: bundleContents,
    deployer,
    directory,
    tasks,
    messageLog: inMemoryLog(options.log ?? []),
    logAttachments: options.logAttachments ?? { read: () => Promise.resolve(undefined) },
    material: createMaterialAdministration({
      store: materialStore,
      onChange: (space, name) => deployed.forget(space, name),
      clock,
      randomUUID,
    }),
    accessPolicies: createAccessPolicyAdministration(policyStore, () => policies.forget()),
    dataStores,
    numberRanges: createNumberRangeAdministration(numberRangeStore, clock),
    partners: createPartnerAdministration(openPartners(tables), clock),
    privateHosts: new Set(),
    clock,
    trail,
    randomUUID,
  });

  const send = (call: CallOptions): Promise<Answer> =>
    answerOf(
      handle,
      makeCall({
        ...call,
        path: `/api/v1/${call.path}`,
        headers: {
          authorization: 'Bearer AuthGroup.Administrator',
          accept: 'application/json',
          ...call.headers,
        },
      }),
      odataSurface,
    );
  return {
    storage,
    clock,
    blobs,
    design,
    store,
    tasks,
    directory,
    /** iFlows. */
    artifacts: kinds.IntegrationFlow,
    kinds,
    packages,
    deployer,
    trail,
    tables,
    dataStores,
    numberRangeStore,
    securityMaterial: deployed.material,
    /** Reads of its rows and lists so far. */
    materialReads: () => materialReads,
    policies,
    send,
    get: (path: string, headers: Record<string, string> = {}) => send({ path, headers }),
    post: (path: string, body?: unknown) => send({ method: 'POST', path, body }),
    patch: (path: string, body: unknown) => send({ method: 'PATCH', path, body }),
    put: (path: string, body: unknown) => send({ method: 'PUT', path, body }),
    delete: (path: string) => send({ method: 'DELETE', path }),
  };
}

export type ApiUnderTest = Awaited<ReturnType<typeof startApi>>;

/** `d` of an answer, or its `results`. */
export function entityIn(answer: Answer): Record<string, unknown> {
  return answer.json()['d'] as Record<string, unknown>;
}

export function resultsIn(answer: Answer): Record<string, unknown>[] {
  return entityIn(answer)['results'] as Record<string, unknown>[];
}

/** The members of an entity but some. */
export function omit(
  entity: Record<string, unknown>,
  ...names: readonly string[]
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entity).filter(([name]) => !names.includes(name)));
}

export function errorIn(answer: Answer): { code: string; message: { value: string } } {
  return answer.json()['error'] as { code: string; message: { value: string } };
}

/** An iFlow that answers at an address, in base64. */
export function bundleAt(
  address: string | undefined,
  identity: { id: string; name?: string; version?: string; description?: string },
): string {
  const zip = buildBundle({
    name: identity.id,
    ...identity,
    ...(address === undefined ? {} : { address }),
    parameters: { 'first one': 'a b' },
    steps: [
      {
        type: 'script',
        name: 'Hello',
        fileName: 'script1.js',
        source:
          'function processData(message) { message.setBody("Hello world from IFlow"); return message; }',
      },
    ],
  });
  return Buffer.from(zip).toString('base64');
}

/** Answers queries as the log's reader is to, from a list. */
function inMemoryLog(all: readonly MessageLogEntry[]): MessageLogReader {
  const passes = (entry: MessageLogEntry, query: MessageLogQuery): boolean =>
    entry.logStart >= (query.startFrom ?? -Infinity) &&
    entry.logStart <= (query.startTo ?? Infinity) &&
    entry.logEnd >= (query.endFrom ?? -Infinity) &&
    entry.logEnd <= (query.endTo ?? Infinity) &&
    (query.status === undefined || query.status.includes(entry.status)) &&
    (
      [
        'flowId',
        'flowName',
        'correlationId',
        'applicationMessageId',
        'applicationMessageType',
        'sender',
        'customStatus',
      ] as const
    ).every((field) => query[field] === undefined || query[field] === entry[field]);
  return {
    find: (messageGuid) => Promise.resolve(all.find((e) => e.messageGuid === messageGuid)),
    query: (query) => {
      const found = all.filter((entry) => passes(entry, query));
      const time = (entry: MessageLogEntry) =>
        query.orderBy === 'LogStart' ? entry.logStart : entry.logEnd;
      found.sort((a, b) => (query.descending ? time(b) - time(a) : time(a) - time(b)));
      return Promise.resolve({
        entries: found.slice(query.skip, query.skip + query.top),
        count: query.count ? found.length : undefined,
      });
    },
  };
}
