import type {
  PartnerAdministration,
  PartnerChanges,
  PartnerDraft,
} from '../iflow/services/administer-partners.ts';
import type {
  PartnerEntity,
  PartnerEntityKind,
  PartnerKey,
} from '../iflow/services/partner-directory.ts';
import { ODataError } from './errors.ts';
import type { Entity, EntityType } from './model.ts';
import { partnerListRoutes } from './partner-lists.ts';
import {
  alternativePartnerType,
  authorizedUserType,
  binaryParameterType,
  partnerType,
  stringParameterType,
} from './partner-types.ts';
import { keyValues } from './path.ts';
import { collectionRoutes, replyCreated, replyEntity } from './reply.ts';
import { type ODataRequest, readProperties, type Routes } from './request.ts';

/** An entity set of the directory, as {@link routesOf} serves it. */
interface PartnerSet<K extends PartnerEntityKind> {
  readonly kind: K;
  readonly type: EntityType;
  readonly keyOf: (values: readonly string[]) => PartnerKey<K>;
  readonly draftOf: (body: Readonly<Partial<Record<string, string>>>) => PartnerDraft;
  /** What a PUT changes. */
  readonly changesOf: (body: Readonly<Partial<Record<string, string>>>) => PartnerChanges;
}

/** A binary parameter in base64, and its envelope. */
const LARGEST_BODY = 512 * 1024;

/** SAP Help, Partner Directory. */
export function partnerDirectoryRoutes(partners: PartnerAdministration): Routes {
  return {
    ...routesOf(partners, {
      kind: 'string',
      type: stringParameterType,
      keyOf: ([pid = '', id = '']) => ({ pid, id }),
      draftOf: (body) => ({ kind: 'string', ...parameterOf(body), value: required(body, 'Value') }),
      changesOf: (body) => ({ value: required(body, 'Value') }),
    }),
    ...routesOf(partners, {
      kind: 'binary',
      type: binaryParameterType,
      keyOf: ([pid = '', id = '']) => ({ pid, id }),
      draftOf: (body) => ({
        kind: 'binary',
        ...parameterOf(body),
        contentType: required(body, 'ContentType'),
        value: bytesOf(required(body, 'Value')),
      }),
      changesOf: (body) => ({
        value: bytesOf(required(body, 'Value')),
        ...(body['ContentType'] === undefined ? {} : { contentType: body['ContentType'] }),
      }),
    }),
    ...routesOf(partners, {
      kind: 'alternative',
      type: alternativePartnerType,
      keyOf: ([agency = '', scheme = '', id = '']) => ({
        agency: fromHex(agency),
        scheme: fromHex(scheme),
        id: fromHex(id),
      }),
      draftOf: (body) => ({
        kind: 'alternative',
        agency: required(body, 'Agency'),
        scheme: required(body, 'Scheme'),
        id: required(body, 'Id'),
        pid: required(body, 'Pid'),
      }),
      changesOf: (body) => ({ pid: required(body, 'Pid') }),
    }),
    ...routesOf(partners, {
      kind: 'user',
      type: authorizedUserType,
      keyOf: ([user = '']) => ({ user: user.toLowerCase() }),
      draftOf: (body) => ({
        kind: 'user',
        user: required(body, 'User').toLowerCase(),
        pid: required(body, 'Pid'),
      }),
      changesOf: (body) => ({ pid: required(body, 'Pid') }),
    }),
    ...collectionRoutes('Partners', partnerType, async () =>
      (await partners.partners()).map((Pid) => ({ Pid })),
    ),
    'Partners()': {
      GET: async (request) => {
        const [pid = ''] = keyValues(request.segments[0], ['Pid']);
        if (!(await partners.partners()).includes(pid)) throw ODataError.notFound();
        return replyEntity(request, partnerType, { Pid: pid });
      },
      DELETE: async (request) => {
        const [pid = ''] = keyValues(request.segments[0], ['Pid']);
        await partners.removePartner(pid);
        return { status: 204 };
      },
    },
  };
}

function routesOf<K extends PartnerEntityKind>(
  partners: PartnerAdministration,
  { kind, type, keyOf, draftOf, changesOf }: PartnerSet<K>,
): Routes {
  const keyIn = (request: ODataRequest): PartnerKey<K> =>
    keyOf(keyValues(request.segments[0], type.keys));
  const read = (request: ODataRequest) =>
    readProperties(request.call, LARGEST_BODY, Object.keys(type.properties));
  const list = partnerListRoutes(partners, { kind, type, keyOf, entityOf });
  return {
    ...list,
    [type.set]: {
      ...list[type.set],
      POST: async (request) => {
        const created = await partners.create(draftOf(await read(request)), request.caller.user);
        return replyCreated(request, type, entityOf(created));
      },
    },
    [`${type.set}()`]: {
      GET: async (request) =>
        replyEntity(request, type, entityOf(await partners.get(kind, keyIn(request)))),
      PUT: async (request) => {
        const changes = changesOf(await read(request));
        await partners.change(kind, keyIn(request), changes, request.caller.user);
        return { status: 204 };
      },
      DELETE: async (request) => {
        await partners.remove(kind, keyIn(request));
        return { status: 204 };
      },
    },
  };
}

function entityOf(entity: PartnerEntity): Entity {
  const provenance = {
    Pid: entity.pid,
    LastModifiedBy: entity.modifiedBy,
    LastModifiedTime: entity.modifiedAt,
    CreatedBy: entity.createdBy,
    CreatedTime: entity.createdAt,
  };
  switch (entity.kind) {
    case 'string':
      return { ...provenance, Id: entity.id, Value: entity.value };
    case 'binary':
      return {
        ...provenance,
        Id: entity.id,
        ContentType: entity.contentType,
        Value: Buffer.from(entity.value).toString('base64'),
      };
    case 'alternative':
      return {
        ...provenance,
        Hexagency: toHex(entity.agency),
        Hexscheme: toHex(entity.scheme),
        Hexid: toHex(entity.id),
        Agency: entity.agency,
        Scheme: entity.scheme,
        Id: entity.id,
      };
    case 'user':
      return { ...provenance, User: entity.user };
  }
}

function required(body: Readonly<Partial<Record<string, string>>>, name: string): string {
  const value = body[name];
  if (value === undefined) throw ODataError.badRequest(`Property '${name}' is missing.`);
  return value;
}

const parameterOf = (body: Readonly<Partial<Record<string, string>>>) => ({
  pid: required(body, 'Pid'),
  id: required(body, 'Id'),
});

function bytesOf(text: string): Uint8Array {
  // Buffer skips what is not base64: encoding it again shows whether anything was.
  const packed = text.replace(/\s+/g, '');
  const bytes = Buffer.from(packed, 'base64');
  if (bytes.toString('base64') === packed) return bytes;
  throw ODataError.badRequest("Property 'Value' is base64 (RFC 4648 section 4), with its padding.");
}

const toHex = (text: string): string => Buffer.from(text, 'utf8').toString('hex').toUpperCase();

function fromHex(hex: string): string {
  const text = /^(?:[0-9A-Fa-f]{2})+$/.test(hex) ? Buffer.from(hex, 'hex').toString('utf8') : '';
  if (text !== '' && toHex(text) === hex.toUpperCase()) return text;
  throw ODataError.badRequest('The keys of an alternative partner are UTF-8 in hexadecimal.');
}
