import type { Clock } from '../config/clock.ts';
import type { HttpReply } from '../http/call.ts';
import type {
  Listed,
  MaterialAdministration,
} from '../registry/security-material/administration.ts';
import { certificate, keyPair, LARGEST_FILE } from '../registry/security-material/keystore.ts';
import type { Draft, Kind } from '../registry/security-material/material.ts';
import { describeCertificate } from './certificate-properties.ts';
import { ODataError } from './errors.ts';
import { chainCertificateType, keystoreEntryType } from './keystore-types.ts';
import type { Entity } from './model.ts';
import { keyValues } from './path.ts';
import { collectionRoutes, replyEntity, replyEntities } from './reply.ts';
import { type ODataRequest, readProperties, type Routes, SMALL_BODY } from './request.ts';
import { sourcedEntities } from './sourced-entities.ts';

type EntryKind = 'key-pair' | 'certificate';
const TYPE_NAMES: Readonly<Record<EntryKind, string>> = {
  'key-pair': 'Key Pair',
  certificate: 'Certificate',
};

/** SAP Help, Security Content: the entries of the tenant keystore, which is called `system`. */
export function keystoreRoutes(material: MaterialAdministration, clock: Clock): Routes {
  const set = keystoreEntryType.set;
  const list = async (): Promise<readonly Entry[]> => {
    const entries = await material.list('key-pair', 'certificate');
    return [...entries].sort((one, other) => (one.name < other.name ? -1 : 1));
  };
  const find = async (alias: string): Promise<Entry> => {
    const found = (await list()).find(({ name }) => name === alias);
    if (found === undefined) throw ODataError.notFound();
    return found;
  };
  const { entityOf, expand } = sourcedEntities((entry: Entry) => entryEntity(entry, clock.now()));
  const expanders = {
    Certificate: expand(({ name }) => [aliasEntity(name)]),
    ChainCertificates: expand((entry) => chainEntities(entry, clock.now())),
  };
  const entries = collectionRoutes(
    set,
    keystoreEntryType,
    async (request) => {
      requireSystem(request);
      return (await list()).map(entityOf);
    },
    expanders,
  );
  /** What changes the keystore tells of the entry, if it is asked to. */
  const told = async (request: ODataRequest, status: number, alias: string): Promise<HttpReply> => {
    const asked = flag(request, 'returnKeystoreEntries') === 'true';
    if (!asked) return { status };
    const entries = [entityOf(await find(alias))];
    return { ...(await replyEntities(request, keystoreEntryType, entries)), status };
  };
  const write = async <K extends EntryKind>(
    request: ODataRequest,
    draft: Draft<K>,
  ): Promise<HttpReply & { readonly audit: { readonly name: string } }> => {
    const { kind, name } = draft;
    const there = (await list()).find((entry) => entry.name === name);
    const audit = { name };
    if (there === undefined) {
      await material.create(draft, request.caller.user);
      return { ...(await told(request, 201, name)), audit };
    }
    if (flag(request, 'update') !== 'true') {
      throw ODataError.badRequest(
        'An entry with this alias already exists. Send update=true to put this one in its place.',
      );
    }
    if (there.kind !== kind) {
      throw ODataError.badRequest(
        `The entry with this alias is a ${TYPE_NAMES[there.kind].toLowerCase()}. Delete it first, or choose another alias.`,
      );
    }
    await material.replace(draft, request.caller.user);
    return { ...(await told(request, 200, name)), audit };
  };

  return {
    ...entries,
    [`${set}()`]: {
      GET: async (request) => {
        requireSystem(request);
        const entity = entityOf(await find(aliasOf(request)));
        return replyEntity(request, keystoreEntryType, entity, expanders);
      },
      PUT: () =>
        Promise.reject(
          ODataError.notImplemented(
            'An alias is not renamed here. Import the entry under its new alias and delete the old one.',
          ),
        ),
      DELETE: async (request) => {
        const { name, kind } = await find(aliasOf(request));
        await material.remove(kind, name);
        return { status: 202, audit: { name } };
      },
    },
    [`${set}()/Certificate/$value`]: {
      GET: async (request) => {
        const { shown } = await find(aliasOf(request));
        const [own] = shown?.shown.certificates ?? [];
        if (own === undefined) throw ODataError.notFound();
        return { status: 200, headers: { 'Content-Type': 'application/pkix-cert' }, body: own };
      },
    },
    ...collectionRoutes(`${set}()/ChainCertificates`, chainCertificateType, async (request) =>
      chainEntities(await find(aliasOf(request)), clock.now()),
    ),
    'CertificateResources()/$value': {
      PUT: async (request) => {
        const alias = aliasOf(request);
        const file = Buffer.from(await request.call.bytes(LARGEST_FILE));
        return write(request, await certificate(alias, file));
      },
    },
    KeyPairResources: {
      POST: async (request) => {
        const known = ['Hexalias', 'Alias', 'Resource', 'Password'] as const;
        const body = await readProperties(request.call, SMALL_BODY, known);
        const file = readFile(body.Resource);
        return write(request, await keyPair(body.Alias, file, body.Password ?? ''));
      },
    },
    KeyPairGenerationRequests: {
      POST: () =>
        Promise.reject(
          ODataError.notImplemented(
            'Key pairs are not generated here. Make one with openssl and import it with KeyPairResources.',
          ),
        ),
    },
    KeystoreResources: { POST: () => Promise.reject(noKeystores()) },
    'KeystoreResources()': { PUT: (request) => removeEntries(request, material, list) },
  };
}

type Entry = Listed<EntryKind>;

/** SAP Help, Trigger Mass Deletion of Keystore Entries. */
async function removeEntries(
  request: ODataRequest,
  material: MaterialAdministration,
  list: () => Promise<readonly { readonly name: string; readonly kind: Kind }[]>,
): Promise<HttpReply & { readonly audit: { readonly detail: string } }> {
  requireSystem(request, keyValues(request.segments[0], ['Name'])[0]);
  if (flag(request, 'deleteEntries') !== 'true') throw noKeystores();
  const { Aliases } = await readProperties(request.call, SMALL_BODY, ['Aliases']);
  const aliases = readAliases(Aliases ?? '');
  if (aliases.size === 0) throw ODataError.badRequest("Property 'Aliases' is missing.");
  const kinds = new Map((await list()).map(({ name, kind }) => [name, kind]));
  const entries = [...aliases].map((alias) => {
    const kind = kinds.get(alias);
    if (kind === undefined) throw ODataError.notFound();
    return { alias, kind };
  });
  for (const { alias, kind } of entries) await material.remove(kind, alias);
  return { status: 200, audit: { detail: [...aliases].join(', ') } };
}

/** Between `;`, with a backslash before a sign of an alias that would end it. */
function readAliases(text: string): ReadonlySet<string> {
  const written = text.match(/(?:[^;\\]|\\[\s\S]?)+/g) ?? [];
  return new Set(written.map((alias) => alias.replace(/\\([\s\S])/g, '$1')));
}

/** The base64 of a file, or PEM as it is. */
function readFile(resource: string | undefined): Buffer {
  if (resource === undefined) throw ODataError.badRequest("Property 'Resource' is missing.");
  const packed = resource.replace(/\s+/g, '');
  const file = resource.includes('-----BEGIN ')
    ? Buffer.from(resource, 'latin1')
    : Buffer.from(packed, 'base64');
  if (file.length === 0 || file.length > LARGEST_FILE) {
    throw ODataError.badRequest(
      `Property 'Resource' is a PKCS #12 file in base64, or PEM, of at most ${LARGEST_FILE} bytes.`,
    );
  }
  return file;
}

function flag(request: ODataRequest, name: string): string | undefined {
  return request.call.url.searchParams.get(name)?.toLowerCase();
}

function requireSystem(
  request: ODataRequest,
  name = request.call.url.searchParams.get('keystoreName') ?? 'system',
): void {
  if (name === 'system') return;
  throw ODataError.notFound('There is one keystore here: system.');
}

/** SAP Help, Security Content: an alias in an address is the hexadecimal of its UTF-8. */
function aliasOf(request: ODataRequest): string {
  const [hex = ''] = keyValues(request.segments[0], ['Hexalias']);
  const alias = /^(?:[0-9a-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
  if (alias === undefined || !alias.equals(Buffer.from(alias.toString('utf8')))) {
    throw ODataError.badRequest(
      "The key is the alias in hexadecimal: 'my alias' is 6d7920616c696173.",
    );
  }
  return alias.toString('utf8');
}

function aliasEntity(alias: string): Entity {
  return { Hexalias: Buffer.from(alias, 'utf8').toString('hex').toUpperCase(), Alias: alias };
}

/** Status ERROR is that of an entry that the master key does not open any more. */
function entryEntity(entry: Entry, now: number): Entity {
  const { name, kind, shown } = entry;
  const about = {
    ...aliasEntity(name),
    Type: TYPE_NAMES[kind],
    Owner: 'Tenant Administrator',
    Status: shown === undefined ? 'ERROR' : 'DEPLOYED',
  };
  const [own] = shown?.shown.certificates ?? [];
  if (shown === undefined || own === undefined) return about;
  return {
    ...about,
    ...describeCertificate(own, now),
    LastModifiedBy: shown.changedBy,
    LastModifiedTime: shown.changedAt,
    CreatedBy: shown.createdBy,
    CreatedTime: shown.createdAt,
  };
}

function chainEntities({ name, shown }: Entry, now: number): readonly Entity[] {
  return (shown?.shown.certificates ?? []).map((pem, i) => ({
    ...aliasEntity(name),
    Index: i,
    ...describeCertificate(pem, now),
  }));
}

function noKeystores(): ODataError {
  return ODataError.notImplemented(
    'Whole keystores (JKS, JCEKS) are neither imported nor backed up here. Import each key pair with KeyPairResources and each certificate with CertificateResources.',
  );
}
