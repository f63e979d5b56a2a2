import { Fault } from '../../http/fault.ts';
import type { Versioned } from '../../registry/client.ts';
import {
  type InitialAccessToken,
  type InitialAccessTokenStore,
  isUsable,
} from '../../registry/initial-access-tokens.ts';
import { equalsHash, sha256 } from '../../registry/secrets.ts';
import { BearerFault } from '../gate.ts';

/** How often a use is counted again because another registration came first. */
const TRIES = 10;

type Store = Pick<InitialAccessTokenStore, 'read' | 'replace'>;

/**
 * The token of that text, if clients can still be registered with it.
 * @throws {BearerFault} 401, for whoever does not hold it always in the same words.
 */
export async function findInitialAccessToken(
  store: Store,
  text: string,
  now: number,
): Promise<Versioned<InitialAccessToken>> {
  const tokenId = /^([0-9a-f]{16})\./.exec(text)?.[1];
  const found = tokenId === undefined ? undefined : await store.read(tokenId);
  if (found === undefined || !equalsHash(sha256(text), found.value.hash)) {
    throw new BearerFault(
      'invalid_token',
      'This is no initial access token, or one that was taken back. Ask an administrator for one.',
    );
  }
  if (isUsable(found.value, now)) return found;
  throw now >= found.value.expiresAt
    ? new BearerFault('expired', 'The initial access token has expired. Ask for a new one.')
    : new BearerFault(
        'revoked',
        'As many clients as may be have been registered with the initial access token. Ask for a new one.',
      );
}

/**
 * Counts a client before it is made, so that there are never more than the token allows, whatever
 * instances they are registered on. A registration that is cut short after this costs one.
 * @throws {BearerFault} as {@link findInitialAccessToken}
 * @throws {Fault} 503 while too many others are counted at the same moment.
 */
export async function countRegistration(
  store: Store,
  text: string,
  now: () => number,
): Promise<InitialAccessToken> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { value, etag } = await findInitialAccessToken(store, text, now());
    const counted = { ...value, registered: value.registered + 1 };
    if (await store.replace(counted, etag)) return counted;
  }
  throw Fault.unavailable(
    'Many clients are being registered with this token at the same moment. Send the request again.',
    1,
  );
}
