import { StaleCache } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import type { PartnerDirectory, PartnerStore } from './partner-directory.ts';

/** The largest has 256 KiB. */
const MOST_PARAMETERS = 200;
const MOST_PARTNERS = 5000;

/** The directory as flows read it: what an administrator has changed is seen within 25 s. */
export function createPartnerDirectory(
  store: Pick<PartnerStore, 'find'>,
  clock: Clock,
): PartnerDirectory {
  const parameters = new StaleCache<string | Uint8Array | undefined>(
    async (key) => {
      const [pid = '', id = ''] = JSON.parse(key) as string[];
      const found =
        (await store.find('string', { pid, id })) ?? (await store.find('binary', { pid, id }));
      return found?.value;
    },
    { clock, maxEntries: MOST_PARAMETERS },
  );
  const alternatives = new StaleCache<string | undefined>(
    async (key) => {
      const [agency = '', scheme = '', id = ''] = JSON.parse(key) as string[];
      return (await store.find('alternative', { agency, scheme, id }))?.pid;
    },
    { clock, maxEntries: MOST_PARTNERS },
  );
  const users = new StaleCache<string | undefined>(
    async (user) => (await store.find('user', { user }))?.pid,
    { clock, maxEntries: MOST_PARTNERS },
  );
  return {
    parameter: (pid, id) => parameters.get(JSON.stringify([pid, id])),
    partnerId: (...alternative) => alternatives.get(JSON.stringify(alternative)),
    partnerIdOfUser: (user) => users.get(user.toLowerCase()),
  };
}
