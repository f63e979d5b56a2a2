import { StaleCache } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import { type InitialAccessTokenStore, isUsable } from '../../registry/initial-access-tokens.ts';

const AT_A_TIME = 200;

/**
 * Whether somebody can register a client: whether there is an initial access token that is good. As
 * old as 25 s; while storage is away, what was known last, for the metadata are read by clients that
 * need nothing of this.
 */
export function watchRegistration(deps: {
  readonly initialAccessTokens: Pick<InitialAccessTokenStore, 'list'>;
  readonly clock: Clock;
  readonly onError: (problem: string, cause: unknown) => void;
}): () => Promise<boolean> {
  const { initialAccessTokens, clock, onError } = deps;
  const isOpen = async (): Promise<boolean> => {
    let after: string | undefined;
    do {
      const page = await initialAccessTokens.list({ after, limit: AT_A_TIME });
      if (page.items.some((token) => isUsable(token, clock.now()))) return true;
      after = page.next;
    } while (after !== undefined);
    return false;
  };
  const cache = new StaleCache(isOpen, { clock, maxEntries: 1 });
  let last = false;
  return async () => {
    try {
      last = await cache.get('');
    } catch (cause) {
      onError('Whether clients can register themselves is not known anew', cause);
    }
    return last;
  };
}
