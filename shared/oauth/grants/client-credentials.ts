import { userOfClient } from '../../registry/client.ts';
import { grantScope } from '../scope.ts';
import type { Grant } from './grant.ts';

/** RFC 6749 section 4.4: the client speaks for itself, as the user `oauth_client_<client_id>`. */
export const clientCredentials: Grant = {
  grant: ({ client, parameters }) => ({
    subject: userOfClient(client.clientId),
    scope: grantScope(parameters.get('scope'), client),
  }),
};
