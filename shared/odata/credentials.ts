import type { PrivateHosts } from '../net/private-hosts.ts';
import type {
  Listed,
  MaterialAdministration,
} from '../registry/security-material/administration.ts';
import {
  oauth2ClientCredentials,
  secureParameter,
  userCredentials,
} from '../registry/security-material/credentials.ts';
import type { CustomParameter, Draft, Kind } from '../registry/security-material/material.ts';
import { ODataError } from './errors.ts';
import { type ComplexType, type Entity, type EntityType } from './model.ts';
import { keyValues } from './path.ts';
import { collectionRoutes, replyCreated, replyEntity } from './reply.ts';
import {
  nestedEntities,
  type ODataRequest,
  readBody,
  type Routes,
  SMALL_BODY,
  textProperties,
} from './request.ts';
import { sourcedEntities } from './sourced-entities.ts';

const descriptorType: ComplexType = {
  name: 'SecurityArtifactDescriptor',
  properties: {
    Type: 'Edm.String',
    DeployedBy: 'Edm.String',
    DeployedOn: 'Edm.DateTime',
    Status: 'Edm.String',
  },
};

const userCredentialType: EntityType = {
  name: 'UserCredential',
  set: 'UserCredentials',
  keys: ['Name'],
  properties: {
    Name: 'Edm.String',
    Kind: 'Edm.String',
    Description: 'Edm.String',
    User: 'Edm.String',
    Password: 'Edm.String',
    CompanyId: 'Edm.String',
    SecurityArtifactDescriptor: descriptorType,
  },
  navigations: {},
  media: false,
};

const customParameterType: EntityType = {
  name: 'OAuth2ClientCredentialCustomParameter',
  set: 'OAuth2ClientCredentialCustomParameters',
  keys: ['Key', 'Value', 'SendAsPartOf'],
  properties: { Key: 'Edm.String', Value: 'Edm.String', SendAsPartOf: 'Edm.String' },
  navigations: {},
  media: false,
};

const oauth2ClientCredentialType: EntityType = {
  name: 'OAuth2ClientCredential',
  set: 'OAuth2ClientCredentials',
  keys: ['Name'],
  properties: {
    Name: 'Edm.String',
    Description: 'Edm.String',
    TokenServiceUrl: 'Edm.String',
    ClientId: 'Edm.String',
    ClientSecret: 'Edm.String',
    ClientAuthentication: 'Edm.String',
    Scope: 'Edm.String',
    ScopeContentType: 'Edm.String',
    Resource: 'Edm.String',
    Audience: 'Edm.String',
    SecurityArtifactDescriptor: descriptorType,
  },
  navigations: { CustomParameters: { type: customParameterType, many: true } },
  media: false,
};

const secureParameterType: EntityType = {
  name: 'SecureParameter',
  set: 'SecureParameters',
  keys: ['Name'],
  properties: {
    Name: 'Edm.String',
    Description: 'Edm.String',
    SecureParam: 'Edm.String',
    DeployedBy: 'Edm.String',
    DeployedOn: 'Edm.DateTime',
    Status: 'Edm.String',
  },
  navigations: {},
  media: false,
};

/** Types with an entity set of their own, for `$metadata`. */
export const credentialTypes: readonly EntityType[] = [
  userCredentialType,
  oauth2ClientCredentialType,
  customParameterType,
  secureParameterType,
];

/** An entity set of credentials, as {@link credentialRoutesOf} serves it. */
interface CredentialSet<K extends Kind> {
  readonly kind: K;
  readonly type: EntityType;
  /** Reads a body; a name that the address tells may be left out. @throws {Fault} 400 */
  readonly read: (body: object, name: string | undefined) => Draft<K>;
  /** Members of the entity beside Name and Description; a secret is null whenever it is shown. */
  readonly show: (listed: Listed<K>) => Entity;
  /** What navigations lead to. */
  readonly related?: Readonly<Record<string, (listed: Listed<K>) => readonly Entity[]>>;
}

/** SAP Help, Security Content: user credentials, OAuth2 client credentials, secure parameters. */
export function credentialRoutes(
  material: MaterialAdministration,
  privateHosts: PrivateHosts,
): Routes {
  const users = credentialRoutesOf(material, {
    kind: 'user-credentials',
    type: userCredentialType,
    read: (body, name) => userCredentials(named(textProperties(body, USER, [DESCRIPTOR]), name)),
    show: ({ shown: found }) => ({
      Kind: found?.shown.userKind ?? null,
      User: found?.shown.user ?? null,
      Password: null,
      CompanyId: found?.shown.companyId ?? null,
    }),
  });
  const clients = credentialRoutesOf(material, {
    kind: oauth2Kind,
    type: oauth2ClientCredentialType,
    read: (body, name) => {
      const properties = textProperties(body, OAUTH2, [DESCRIPTOR, PARAMETERS]);
      const parameters = (nestedEntities(body, PARAMETERS) ?? []).map((one) =>
        textProperties(one, ['Key', 'Value', 'SendAsPartOf']),
      );
      return oauth2ClientCredentials(named(properties, name), parameters, privateHosts);
    },
    show: ({ shown: found }) => ({
      TokenServiceUrl: found?.shown.tokenServiceUrl ?? null,
      ClientId: found?.shown.clientId ?? null,
      ClientSecret: null,
      ClientAuthentication: found?.shown.clientAuthentication ?? null,
      Scope: found?.shown.scope ?? null,
      ScopeContentType:
        found === undefined ? null : found.shown.contentType === JSON_TYPE ? 'json' : 'urlencoded',
      Resource: found?.shown.resource ?? null,
      Audience: found?.shown.audience ?? null,
    }),
    related: { [PARAMETERS]: parameterEntities },
  });
  const parameters = credentialRoutesOf(material, {
    kind: 'secure-parameter',
    type: secureParameterType,
    read: (body, name) => secureParameter(named(textProperties(body, SECURE), name)),
    show: (listed) => ({ SecureParam: null, ...describe(listed) }),
  });
  return { ...users, ...clients, ...parameters, ...customParameterRoutes(material) };
}

const oauth2Kind = 'oauth2-client-credentials';
const JSON_TYPE = 'application/json';
const DESCRIPTOR = 'SecurityArtifactDescriptor';
const PARAMETERS = 'CustomParameters';
const USER = ['Name', 'Kind', 'Description', 'User', 'Password', 'CompanyId'] as const;
const SECURE = [
  'Name',
  'Description',
  'SecureParam',
  'DeployedBy',
  'DeployedOn',
  'Status',
] as const;
const OAUTH2 = [
  'Name',
  'Description',
  'TokenServiceUrl',
  'ClientId',
  'ClientSecret',
  'ClientAuthentication',
  'Scope',
  'ScopeContentType',
  'Resource',
  'Audience',
] as const;

function credentialRoutesOf<K extends Kind>(
  material: MaterialAdministration,
  { kind, type, read, show, related = {} }: CredentialSet<K>,
): Routes {
  const { set } = type;
  const { entityOf, expand } = sourcedEntities((listed: Listed<K>) => ({
    Name: listed.name,
    Description: listed.shown?.description ?? null,
    ...show(listed),
    ...(Object.hasOwn(type.properties, DESCRIPTOR)
      ? { [DESCRIPTOR]: { Type: 'CREDENTIALS', ...describe(listed) } }
      : {}),
  }));
  const expanders = Object.fromEntries(
    Object.entries(related).map(([name, relatedTo]) => [name, expand(relatedTo)]),
  );
  const list = collectionRoutes(
    set,
    type,
    async () => (await material.list(kind)).map(entityOf),
    expanders,
  );
  return {
    ...list,
    [set]: {
      ...list[set],
      POST: async (request) => {
        const draft = read(await readBody(request.call, SMALL_BODY), undefined);
        const shown = await material.create(draft, request.caller.user);
        return replyCreated(request, type, entityOf({ name: shown.name, kind, shown }));
      },
    },
    [`${set}()`]: {
      GET: async (request) =>
        replyEntity(request, type, entityOf(await material.get(kind, nameOf(request))), expanders),
      PUT: async (request) => {
        const draft = read(await readBody(request.call, SMALL_BODY), nameOf(request));
        await material.replace(draft, request.caller.user);
        return { status: 202 };
      },
      DELETE: async (request) => {
        await material.remove(kind, nameOf(request));
        return { status: 202 };
      },
    },
  };
}

const nameOf = (request: ODataRequest): string => keyValues(request.segments[0], ['Name'])[0] ?? '';

function named<T extends { Name?: string }>(given: T, name: string | undefined): T {
  if (name === undefined) return given;
  if (given.Name !== undefined && given.Name !== name) {
    throw ODataError.badRequest('The Name does not change. Leave it out.');
  }
  return { ...given, Name: name };
}

/** Status ERROR is that of material that the master key does not open any more. */
function describe({ shown }: Listed<Kind>): Record<string, string | number | null> {
  return {
    DeployedBy: shown?.changedBy ?? null,
    DeployedOn: shown?.changedAt ?? null,
    Status: shown === undefined ? 'ERROR' : 'DEPLOYED',
  };
}

function customParameterRoutes(material: MaterialAdministration): Routes {
  return collectionRoutes(
    `${oauth2ClientCredentialType.set}()/${PARAMETERS}`,
    customParameterType,
    async (request) => parameterEntities(await material.get(oauth2Kind, nameOf(request))),
  );
}

function parameterEntities({ shown }: Listed<typeof oauth2Kind>): readonly Entity[] {
  return (shown?.shown.customParameters ?? []).map(customParameterEntity);
}

function customParameterEntity({ key, value, sendAs }: CustomParameter): Entity {
  return { Key: key, Value: value, SendAsPartOf: sendAs === 'query' ? 'url' : sendAs };
}
