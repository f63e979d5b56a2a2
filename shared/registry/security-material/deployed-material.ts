import { REFUSE_ON_MS, StaleCache } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import type { SecurityMaterial } from '../../iflow/services/security-material.ts';
import {
  isOfKind,
  type Kind,
  type Material,
  type MaterialKinds,
  type Space,
  spaceOf,
} from './material.ts';
import { doesNotOpen, type MaterialStore, type StoredMaterial } from './material-store.ts';
import { isName } from './rules.ts';

/** Material that one instance keeps in memory, opened, at most. */
export const CACHED_MATERIAL = 500;

export interface DeployedMaterial {
  readonly material: SecurityMaterial;
  /** Called by whoever has changed it: this instance uses what is there now at once. */
  forget(space: Space, name: string): void;
}

/**
 * What flows use. Warm messages wait for no storage: what another instance has changed or deleted is
 * seen within 25 s (`StaleCache`), and what it has created at once, since an absence is not kept.
 */
export function createDeployedMaterial(
  store: Pick<MaterialStore, 'read'>,
  clock: Clock,
): DeployedMaterial {
  const cache = new StaleCache<StoredMaterial | undefined>(
    async (key) => {
      const found = await store.read(...placeOf(key));
      // Forgetting the read that is under way keeps its result out of the cache.
      if (found?.material === undefined) cache.forget(key);
      return found;
    },
    { clock, maxEntries: CACHED_MATERIAL },
  );

  const find = async <K extends Kind>(kind: K, name: string): Promise<Material<K> | undefined> => {
    // Names may come out of messages.
    if (!isName(spaceOf(kind), name)) return undefined;
    const key = keyOf(spaceOf(kind), name);
    let found = await cache.get(key);
    if (found !== undefined && found.kind !== kind) found = await cache.get(key, REFUSE_ON_MS);
    if (found?.kind !== kind) return undefined;
    if (found.material === undefined) throw doesNotOpen(found);
    return isOfKind(found.material, kind) ? found.material : undefined;
  };

  return {
    forget: (space, name) => cache.forget(keyOf(space, name)),
    material: {
      async userCredentials(name) {
        const found = await find('user-credentials', name);
        if (found === undefined) return undefined;
        const { user, companyId, userKind } = found.shown;
        const properties = propertiesOf(userKind, companyId);
        return { name, user, password: found.secret.password, properties };
      },
      async oauth2ClientCredentials(name) {
        const found = await find('oauth2-client-credentials', name);
        if (found === undefined) return undefined;
        return { name, ...found.shown, ...found.secret, version: found.version };
      },
      async secureParameter(name) {
        return (await find('secure-parameter', name))?.secret.value;
      },
      async keyPair(alias) {
        const found = await find('key-pair', alias);
        if (found === undefined) return undefined;
        return { alias, ...found.shown, ...found.secret, version: found.version };
      },
    },
  };
}

function propertiesOf(
  userKind: MaterialKinds['user-credentials']['shown']['userKind'],
  companyId: string,
): Readonly<Record<string, string>> {
  return companyId === '' ? { Kind: userKind } : { Kind: userKind, CompanyId: companyId };
}

const keyOf = (space: Space, name: string): string => `${space}|${name}`;

function placeOf(key: string): [space: Space, name: string] {
  const [space = '', ...name] = key.split('|');
  return [space === 'keystore' ? 'keystore' : 'credentials', name.join('|')];
}
