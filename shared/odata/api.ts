import { createHash } from 'node:crypto';
import type { Handler, HttpCall, HttpReply } from '../http/call.ts';
import { Fault } from '../http/fault.ts';
import { type ArtifactKind, ARTIFACT_KINDS } from '../iflow/bundle/artifact-kind.ts';
import type { Deployer } from '../iflow/deployment/deploy.ts';
import type { DeploymentDirectory } from '../iflow/deployment/deployment.ts';
import type { TaskStore } from '../iflow/deployment/deployment-store.ts';
import type { CheckContent } from '../iflow/check/check-in-worker.ts';
import type { Artifacts } from '../iflow/design/artifacts.ts';
import type { Configurations } from '../iflow/design/configurations.ts';
import type { ExportPackage } from '../iflow/design/export-package.ts';
import type { ImportPackage } from '../iflow/design/import-package.ts';
import type { PackageMessages } from '../iflow/design/package-messages.ts';
import type { Packages } from '../iflow/design/packages.ts';
import type { LogAttachmentReader } from '../monitor/log-attachments.ts';
import type { NumberRangeAdministration } from '../iflow/services/administer-number-ranges.ts';
import type { PartnerAdministration } from '../iflow/services/administer-partners.ts';
import type { DataStoreOverview, DataStores } from '../iflow/services/data-stores.ts';
import type { MessageLogReader } from '../monitor/message-log.ts';
import type { Clock } from '../config/clock.ts';
import type { PrivateHosts } from '../net/private-hosts.ts';
import type { BearerGate, Caller } from '../oauth/gate.ts';
import type { AccessPolicyAdministration } from '../registry/access-policies/administration.ts';
import type { AuditNote } from '../registry/audit/audit-entry.ts';
import type { AuditTrail } from '../registry/audit/audit-trail.ts';
import type { MaterialAdministration } from '../registry/security-material/administration.ts';
import { accessPolicyRoutes, accessPolicyTypes } from './access-policies.ts';
import { auditedChange } from './audited-changes.ts';
import { answerBatch } from './batch.ts';
import { checkContentRoutes } from './check-content.ts';
import { artifactName, designTypes } from './artifact-types.ts';
import { credentialRoutes, credentialTypes } from './credentials.ts';
import { dataStoreRoutes, dataStoreTypes, ENTRY_CONTENT, VARIABLE_CONTENT } from './data-stores.ts';
import {
  designtimeArtifactRoutes,
  type ReadContents,
  valueMappingParts,
} from './designtime-artifacts.ts';
import { CONFIGURE, configurationRoutes, configureTogether } from './configurations.ts';
import { ODataError } from './errors.ts';
import { keystoreRoutes } from './keystore.ts';
import { keystoreTypes } from './keystore-types.ts';
import { LOG_ATTACHMENT_CONTENT, logAttachmentRoutes } from './message-log-attachments.ts';
import { messageLogTypes, messageProcessingLogRoutes } from './message-processing-logs.ts';
import {
  type FunctionImport,
  metadataXml,
  serviceDocumentAtom,
  serviceDocumentJson,
} from './metadata.ts';
import type { EntityType } from './model.ts';
import { numberRangeRoutes, numberRangeType } from './number-ranges.ts';
import { importMessageType, packageRoutes, packageType } from './packages.ts';
import { partnerDirectoryRoutes } from './partner-directory.ts';
import { partnerTypes } from './partner-types.ts';
import { parsePath, type PathSegment, shapeOf } from './path.ts';
import { type Methods, type ODataRequest, representationOf, type Routes } from './request.ts';
import { deployFunction, runtimeArtifactRoutes, runtimeTypes } from './runtime-artifacts.ts';
import { endpointTypes, serviceEndpointRoutes } from './service-endpoints.ts';

export interface ODataDeps {
  readonly gate: BearerGate;
  /** The management node's subscription, `<account>tmn`. */
  readonly subscription: string;
  /** Base of every address that is shown; no trailing slash. */
  readonly issuer: string;
  readonly packages: Packages;
  readonly artifacts: Readonly<Record<ArtifactKind, Artifacts>>;
  readonly configurations: Configurations;
  readonly importPackage: ImportPackage;
  readonly exportPackage: ExportPackage;
  readonly packageMessages: PackageMessages;
  readonly readContents: ReadContents;
  readonly deployer: Deployer;
  readonly directory: DeploymentDirectory;
  readonly tasks: Pick<TaskStore, 'find'>;
  readonly messageLog: MessageLogReader;
  readonly logAttachments: LogAttachmentReader;
  readonly material: MaterialAdministration;
  readonly accessPolicies: AccessPolicyAdministration;
  readonly checkContent: CheckContent;
  readonly dataStores: DataStores & DataStoreOverview;
  readonly numberRanges: NumberRangeAdministration;
  readonly partners: PartnerAdministration;
  readonly privateHosts: PrivateHosts;
  readonly clock: Clock;
  readonly trail: Pick<AuditTrail, 'change'>;
  readonly randomUUID: () => string;
}

const READERS = ['AuthGroup.ReadOnly', 'AuthGroup.IntegrationDeveloper', 'AuthGroup.Administrator'];
const WRITERS = ['AuthGroup.IntegrationDeveloper', 'AuthGroup.Administrator'];
/**
 * What developers do not change (SAP Help, Personas; Tasks and Permissions): keys and certificates,
 * who may call what, and what messages have left.
 */
const FOR_ADMINISTRATORS = [
  'KeystoreEntries',
  'KeystoreResources',
  'KeyPairResources',
  'KeyPairGenerationRequests',
  'CertificateResources',
  'AccessPolicies',
  'ArtifactReferences',
  'DataStoreEntries',
  'Variables',
];

/** Contents that may be payloads, which AuthGroup.ReadOnly does not see. */
const PAYLOADS = [LOG_ATTACHMENT_CONTENT, ENTRY_CONTENT, VARIABLE_CONTENT];

function readersOf(shape: string): readonly string[] {
  return PAYLOADS.includes(shape) ? WRITERS : READERS;
}

function writersOf([first]: readonly PathSegment[]): readonly string[] {
  return FOR_ADMINISTRATORS.includes(first?.name ?? '') ? ['AuthGroup.Administrator'] : WRITERS;
}

const TYPES: readonly EntityType[] = [
  packageType,
  importMessageType,
  ...designTypes,
  ...runtimeTypes,
  ...endpointTypes,
  ...messageLogTypes,
  ...credentialTypes,
  ...keystoreTypes,
  ...accessPolicyTypes,
  ...dataStoreTypes,
  numberRangeType,
  ...partnerTypes,
];

/** Of the type that a path begins with. */
function keysOf([first]: readonly PathSegment[]): readonly string[] {
  return TYPES.find(({ set }) => set === first?.name)?.keys ?? [];
}

const FUNCTIONS: readonly FunctionImport[] = [
  ...ARTIFACT_KINDS.flatMap((kind): FunctionImport[] => [
    { name: deployFunction(kind), method: 'POST', parameters: ['Id', 'Version'] },
    {
      name: `${artifactName(kind)}SaveAsVersion`,
      method: 'POST',
      parameters: ['Id', 'SaveAsVersion'],
    },
  ]),
  { name: 'CheckIntegrationContent', method: 'POST', parameters: [] },
];

/**
 * SAP Cloud Integration's OData V2 API under `/api/v1`. Whoever shows no good token with a role of
 * the management node learns nothing about what is there.
 */
export function createODataApi(deps: ODataDeps): Handler {
  const entityRoutes: Routes = {
    ...packageRoutes(deps),
    ...Object.fromEntries(
      ARTIFACT_KINDS.flatMap((kind) =>
        Object.entries(designtimeArtifactRoutes(kind, deps.artifacts[kind], deps.readContents)),
      ),
    ),
    ...configurationRoutes(deps.artifacts.IntegrationFlow, deps.configurations, deps.readContents),
    ...valueMappingParts(),
    ...runtimeArtifactRoutes(deps),
    ...serviceEndpointRoutes(deps.directory, deps.issuer),
    ...messageProcessingLogRoutes(deps.messageLog),
    ...logAttachmentRoutes(deps.messageLog, deps.logAttachments),
    ...credentialRoutes(deps.material, deps.privateHosts),
    ...keystoreRoutes(deps.material, deps.clock),
    ...accessPolicyRoutes(deps.accessPolicies),
    ...checkContentRoutes(deps.checkContent),
    ...dataStoreRoutes(deps.dataStores),
    ...numberRangeRoutes(deps.numberRanges),
    ...partnerDirectoryRoutes(deps.partners),
  };
  const sets = TYPES.filter((type) => entityRoutes[type.set]?.GET !== undefined);
  const routes: Routes = { ...serviceRoutes(sets), ...entityRoutes };

  const open = (call: HttpCall, caller: Caller): ODataRequest & { readonly shape: string } => {
    const segments = segmentsOf(call);
    const request = { call, caller, segments, ...representationOf(call, deps.issuer) };
    return { ...request, shape: shapeOf(segments) };
  };

  /** Carries a change out, with its entries in the audit trail. */
  const change = <T>(
    { call, caller, segments, shape }: ReturnType<typeof open>,
    work: () => Promise<T>,
    tell: (result: T) => AuditNote | undefined,
  ): Promise<T> =>
    deps.trail.change(
      {
        ...auditedChange(call.method, shape, segments, call.url, keysOf(segments)),
        actor: caller.user,
        call,
      },
      work,
      tell,
    );

  const answer = async (call: HttpCall, caller: Caller): Promise<HttpReply> => {
    const request = open(call, caller);
    const { shape, segments } = request;
    const methods = Object.hasOwn(routes, shape) ? routes[shape] : undefined;
    const method = call.method === 'HEAD' ? 'GET' : call.method;
    await deps.gate.requireRole(caller, method === 'GET' ? readersOf(shape) : writersOf(segments));
    if (methods === undefined)
      throw ODataError.notFound(`There is no resource ${shape.slice(0, 200)}.`);
    const operation = isMethod(method) ? methods[method] : undefined;
    if (operation === undefined) throw Fault.methodNotAllowed(allowOf(methods));
    const reply =
      method === 'GET'
        ? await operation(request)
        : await change(
            request,
            () => operation(request),
            ({ audit }) => audit,
          );
    const headers = { ...reply.headers, 'Cache-Control': 'no-store' };
    const unkept = { ...reply, headers };
    return call.method === 'GET' || call.method === 'HEAD'
      ? withCsrfToken(withoutBody(unkept, call.method), call.headers, caller.user)
      : unkept;
  };

  /** The parameters of an iFlow are set together; nothing else is kept in one step. */
  const answerTogether = async (
    calls: readonly HttpCall[],
    caller: Caller,
  ): Promise<readonly HttpReply[]> => {
    const requests = calls.map((call) => open(call, caller));
    const [first] = requests;
    const isOne = requests.every(({ call, shape }) => call.method === 'PUT' && shape === CONFIGURE);
    if (first === undefined || !isOne) {
      throw ODataError.notImplemented(
        'The changes of a changeset are carried out together, which only PUTs of Configurations of one iFlow are. Give every other change a changeset of its own.',
      );
    }
    await deps.gate.requireRole(caller, writersOf(first.segments));
    return change(
      first,
      () => configureTogether(deps.configurations, requests),
      () => ({ detail: `${requests.length} parameters` }),
    );
  };

  return async (call) => {
    const shape = shapeOf(segmentsOf(call));
    if (call.method === 'OPTIONS') {
      const methods = Object.hasOwn(routes, shape) ? routes[shape] : undefined;
      return { status: 204, headers: { Allow: allowOf(methods ?? {}).join(', ') } };
    }
    const caller = await deps.gate.authenticate(call, deps.subscription);
    call.annotate({ client_id: caller.clientId });
    if (shape !== '$batch' || call.method !== 'POST') return answer(call, caller);
    await deps.gate.requireRole(caller, READERS);
    const reply = await answerBatch(call, {
      answer: (part) => answer(part, caller),
      answerTogether: (parts) => answerTogether(parts, caller),
      randomUUID: deps.randomUUID,
    });
    return { ...reply, headers: { ...reply.headers, 'Cache-Control': 'no-store' } };
  };
}

function segmentsOf({ url }: HttpCall): PathSegment[] {
  return parsePath(url.pathname.replace(/^\/api\/v1(?=\/|$)/i, ''));
}

/**
 * The service document, `$metadata` and `$batch`.
 * @param listed types whose entity sets can be asked for by themselves.
 */
function serviceRoutes(listed: readonly EntityType[]): Routes {
  return {
    '': {
      GET: ({ json, base }) =>
        Promise.resolve(
          json
            ? {
                status: 200,
                headers: { 'Content-Type': 'application/json' },
                body: serviceDocumentJson(listed),
              }
            : {
                status: 200,
                headers: { 'Content-Type': 'application/atomsvc+xml;charset=utf-8' },
                body: serviceDocumentAtom(listed, base),
              },
        ),
    },
    $metadata: {
      GET: () =>
        Promise.resolve({
          status: 200,
          headers: { 'Content-Type': 'application/xml;charset=utf-8', DataServiceVersion: '2.0' },
          body: metadataXml(TYPES, FUNCTIONS),
        }),
    },
    $batch: {
      POST: () =>
        Promise.reject(
          ODataError.notImplemented('A batch has no batch in it. Send its requests one by one.'),
        ),
    },
  };
}

function isMethod(method: string): method is keyof Methods {
  return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(method);
}

function allowOf(methods: Methods): string[] {
  const allowed = Object.keys(methods).flatMap((method) =>
    method === 'GET' ? ['GET', 'HEAD'] : [method],
  );
  return [...allowed, 'OPTIONS'];
}

function withoutBody(reply: HttpReply, method: 'GET' | 'HEAD'): HttpReply {
  if (method === 'GET') return reply;
  const { status, headers = {} } = reply;
  return { status, headers };
}

/**
 * SAP Help, Use CSRF Protection: clients fetch a token before they change anything. A call with a
 * bearer token cannot be forged by a page, so none is ever looked at; whoever fetches one gets one.
 */
function withCsrfToken(reply: HttpReply, headers: Headers, user: string): HttpReply {
  if (headers.get('x-csrf-token')?.toLowerCase() !== 'fetch') return reply;
  const token = createHash('sha256').update(`csrf ${user}`, 'utf8').digest('base64url');
  return { ...reply, headers: { ...reply.headers, 'X-CSRF-Token': token } };
}
