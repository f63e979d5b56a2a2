import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import type {
  PartnerEntity,
  PartnerEntityKind,
  PartnerEntityOf,
  PartnerKey,
  PartnerStore,
  Provenance,
} from './partner-directory.ts';

/** What an administrator gives of an entity. */
export type PartnerDraft = DraftOf<PartnerEntity>;

type DraftOf<E> = E extends unknown ? Omit<E, keyof Provenance> : never;

/** What of an entity changes. */
export type PartnerChanges = Readonly<
  Partial<Record<'pid' | 'contentType', string> & { value: string | Uint8Array }>
>;

export interface PartnerAdministration {
  /** @throws {Fault} 404 */
  get<K extends PartnerEntityKind>(kind: K, key: PartnerKey<K>): Promise<PartnerEntityOf<K>>;
  find: PartnerStore['find'];
  list: PartnerStore['list'];
  /** @throws {Fault} 400 for what is no such entity; 409 for one that is there. */
  create(draft: PartnerDraft, user: string): Promise<PartnerEntity>;
  /** @throws {Fault} 400, 404 */
  change<K extends PartnerEntityKind>(
    kind: K,
    key: PartnerKey<K>,
    changes: PartnerChanges,
    user: string,
  ): Promise<void>;
  /** @throws {Fault} 404 */
  remove<K extends PartnerEntityKind>(kind: K, key: PartnerKey<K>): Promise<void>;
  partners(): Promise<readonly string[]>;
  /** Removes everything of a partner. @throws {Fault} 404 */
  removePartner(pid: string): Promise<void>;
}

export function createPartnerAdministration(
  store: PartnerStore,
  clock: Clock,
): PartnerAdministration {
  const get: PartnerAdministration['get'] = async (kind, key) => {
    const found = await store.find(kind, key);
    if (found === undefined) throw notFound();
    return found;
  };
  return {
    get,
    find: (kind, key) => store.find(kind, key),
    list: (kind, of) => store.list(kind, of),

    async create(draft, user) {
      const now = clock.now();
      const made = { createdBy: user, createdAt: now, modifiedBy: user, modifiedAt: now };
      const entity = checked({ ...draft, ...made });
      if (await store.create(entity)) return entity;
      throw new Fault(409, 'There is such an entity already.', { reason: 'exists' });
    },

    async change(kind, key, changes, user) {
      const before = await get(kind, key);
      const changed = { modifiedBy: user, modifiedAt: clock.now() };
      const entity = checked({ ...before, ...changes, ...key, ...changed });
      if (!(await store.replace(entity))) throw notFound();
    },

    async remove(kind, key) {
      if (!(await store.remove(kind, key))) throw notFound();
    },

    partners: () => store.partners(),

    async removePartner(pid) {
      if ((await store.removePartner(pid)) === 0) throw notFound();
    },
  };
}

/** SAP Help, Partner Directory Entity Types. */
const LONGEST = {
  pid: 60,
  id: 150,
  string: 4000,
  binary: 262_144,
  agency: 120,
  scheme: 120,
  alternative: 225,
  user: 120,
} as const;

const CONTENT_TYPES = ['xml', 'xsl', 'xsd', 'json', 'text', 'zip', 'gz', 'zlib', 'crt'];
const ENCODINGS = ['US-ASCII', 'ISO-8859-1', 'UTF-8', 'UTF-16BE', 'UTF-16LE', 'UTF-16'];

function checked<E extends PartnerEntity>(entity: E): E {
  requireId('Pid', entity.pid, LONGEST.pid);
  switch (entity.kind) {
    case 'string':
      requireId('Id', entity.id, LONGEST.id);
      requireText('Value', entity.value, LONGEST.string);
      break;
    case 'binary':
      requireId('Id', entity.id, LONGEST.id);
      requireContentType(entity.contentType);
      if (entity.value.length === 0 || entity.value.length > LONGEST.binary) {
        throw invalid(`Value has 1 to ${LONGEST.binary} bytes.`);
      }
      break;
    case 'alternative':
      requireText('Agency', entity.agency, LONGEST.agency);
      requireText('Scheme', entity.scheme, LONGEST.scheme);
      requireText('Id', entity.id, LONGEST.alternative);
      break;
    case 'user':
      requireText('User', entity.user, LONGEST.user);
      break;
  }
  return entity;
}

function requireId(name: string, text: string, longest: number): void {
  if (text.length <= longest && /^[A-Za-z0-9._~<>@-]+$/.test(text)) return;
  throw invalid(`${name} has 1 to ${longest} letters, digits and the signs - . _ ~ < > @.`);
}

function requireText(name: string, text: string, longest: number): void {
  if (text !== '' && text.length <= longest) return;
  throw invalid(`${name} has 1 to ${longest} characters.`);
}

function requireContentType(text: string): void {
  const [, type = '', encoding] = /^([a-z]+)(?:;\s*encoding=([\w-]+))?$/.exec(text) ?? [];
  const known = encoding === undefined || ENCODINGS.includes(encoding.toUpperCase());
  if (CONTENT_TYPES.includes(type) && known) return;
  throw invalid(
    `ContentType is one of ${CONTENT_TYPES.join(', ')}, and may name an encoding: xml;encoding=UTF-8.`,
  );
}

const invalid = (text: string): Fault => new Fault(400, text, { reason: 'invalid_partner' });
const notFound = (): Fault =>
  new Fault(404, 'Requested entity could not be found.', { reason: 'not_found' });
