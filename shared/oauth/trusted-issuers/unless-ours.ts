import { issuerOf } from '../../jwt/issuer-of.ts';
import type { ForeignCallers } from './foreign-callers.ts';

/**
 * Lets tokens pass that name this server as their issuer: they cost nothing here and wait for nobody.
 * What knows of other issuers is loaded when the first token names one.
 */
export function unlessOurs(
  isOurs: (iss: string) => Promise<boolean>,
  load: () => Promise<ForeignCallers>,
): ForeignCallers {
  return {
    async find(call, token, subscription) {
      const iss = issuerOf(token);
      if (iss === undefined || (await isOurs(iss))) return undefined;
      return (await load()).find(call, token, subscription);
    },
  };
}
