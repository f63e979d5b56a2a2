import { randomBytes } from 'node:crypto';
import { oauthSurface } from '../../../shared/oauth/errors.ts';
import { createConfigurationEndpoint } from '../../../shared/oauth/registration/configuration-endpoint.ts';
import { createRegistrationEndpoint } from '../../../shared/oauth/registration/registration-endpoint.ts';
import { createSecretVerifier } from '../../../shared/registry/secret-verifier.ts';
import { openInitialAccessTokens } from '../../../shared/storage/initial-access-tokens.ts';
import { openTables } from '../../../shared/storage/tables.ts';
import { openRegistry, subscriptions } from '../../registry/registry.ts';
import { testThrottle, testTrail } from '../../support/audit.ts';
import { type Answer, answerOf, makeCall } from '../../support/call.ts';

export const ISSUER = 'https://flowgate.example';
const PATH = '/oauth2/api/v1/register';

export interface Sent {
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The registration endpoints over a registry; `another()` is a second instance on the same storage. */
export async function openRegistration() {
  const registry = await openRegistry();
  const { clock, storage } = registry;
  const open = () => {
    const { clients, roles } = registry.another();
    const trail = testTrail();
    const throttle = testThrottle();
    const deps = {
      issuer: ISSUER,
      subscriptions,
      authMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
      clients: clients.store,
      initialAccessTokens: openInitialAccessTokens(openTables(storage)),
      throttle,
      audit: trail,
      clock,
      random: randomBytes,
    };
    const secrets = createSecretVerifier({ clock, random: randomBytes });
    const registration = createRegistrationEndpoint(deps);
    const configuration = createConfigurationEndpoint({ ...deps, roles: roles.store, secrets });
    const call = (
      endpoint: typeof registration,
      path: string,
      { method, token, body, headers }: Sent,
    ): Promise<Answer> =>
      answerOf(
        endpoint,
        makeCall({
          path,
          body,
          ...(method === undefined ? {} : { method }),
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...headers,
          },
        }),
        oauthSurface,
      );
    return {
      trail,
      throttle,
      secrets,
      clients,
      roles,
      /** POSTs metadata. */
      register: (token: string | undefined, body: unknown, sent: Sent = {}) =>
        call(registration, PATH, {
          method: 'POST',
          body,
          ...(token === undefined ? {} : { token }),
          ...sent,
        }),
      /** At the client's configuration endpoint. */
      configure: (clientId: string, sent: Sent) => call(configuration, `${PATH}/${clientId}`, sent),
    };
  };
  const makeToken = async (limits: object = {}): Promise<{ id: string; text: string }> => {
    const made = (await registry.send('POST', '/initial-access-tokens', limits)).json();
    return { id: String(made['token_id']), text: String(made['initial_access_token']) };
  };
  return { ...open(), another: open, makeToken, admin: registry.send, clock };
}
