import { clientCredentials } from './client-credentials.ts';
import type { Grant } from './grant.ts';

/** Every grant of the token endpoint, by its `grant_type`. */
export const grants: ReadonlyMap<string, Grant> = new Map(
  [clientCredentials].map((grant) => [grant.grantType, grant]),
);
