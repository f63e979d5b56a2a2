import type { Subscriptions } from '../config/subscriptions.ts';
import type { Client } from '../registry/client.ts';
import { OAuthError } from './errors.ts';

/** Resource indicators (RFC 8707). */
export interface ResourceIndicators {
  /**
   * Whether tokens of the client are for everything that it names. The audience of a token is a
   * subscription, which is one resource server whatever part of it is named: naming one that is not
   * the client's is a mistake that would show at the first call only.
   * @param asked addresses with a space between them; undefined for none.
   * @throws {OAuthError} `invalid_target`
   */
  require(asked: string | undefined, client: Pick<Client, 'subscription'>): void;
}

/** Resources that one request names, at most. */
const MOST_RESOURCES = 10;

/**
 * @param bases addresses that this deployment is reached by, without trailing slash.
 */
export function createResourceIndicators(
  bases: readonly string[],
  { iflmap, tmn }: Subscriptions,
): ResourceIndicators {
  const below: Readonly<Record<string, readonly string[]>> = {
    [iflmap]: ['/http'],
    [tmn]: ['/registry/v1', '/api/v1'],
  };
  return {
    require(asked, { subscription }) {
      if (asked === undefined) return;
      const paths = below[subscription] ?? [];
      const resources = asked.split(' ');
      const fit =
        resources.length <= MOST_RESOURCES &&
        resources.every((one) => bases.some((base) => isAt(one, base, paths)));
      if (fit) return;
      const known = ['', ...paths].map((path) => `${bases[0] ?? ''}${path}`);
      throw OAuthError.invalidTarget(
        'resource',
        `resource names something that tokens for ${subscription} are not for. They are for ${known.join(', ')} and what is below. Leave it out to get the same token.`,
      );
    },
  };
}

/** Section 2: an absolute address without fragment; ours have no query. */
function isAt(resource: string, base: string, paths: readonly string[]): boolean {
  if (!URL.canParse(resource)) return false;
  const { href, search, hash } = new URL(resource);
  if (search !== '' || hash !== '' || resource.includes('#')) return false;
  // As parsed, so that no dot segment leads elsewhere; `base` may have a path.
  const root = new URL(base).href.replace(/\/$/, '');
  if (href === root || href === `${root}/`) return true;
  return paths.some((path) => href === root + path || href.startsWith(`${root}${path}/`));
}
