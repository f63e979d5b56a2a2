import { before } from 'node:test';
import { createAccessTokenIssuer } from '../../shared/jwt/sign.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import type { AccessTokenClaims } from '../../shared/jwt/types.ts';
import { oauthSurface } from '../../shared/oauth/errors.ts';
import { clientSecret } from '../../shared/oauth/client-authentication/client-secret.ts';
import { clientCredentials } from '../../shared/oauth/grants/client-credentials.ts';
import { createTokenEndpoint, type TokenEndpointDeps } from '../../shared/oauth/token-endpoint.ts';
import { type Client } from '../../shared/registry/client.ts';
import { type TestThrottle, type TestTrail, testThrottle, testTrail } from '../support/audit.ts';
import { type Answer, answerOf, makeCall, type TestCall } from '../support/call.ts';
import { type TestClock, testClock } from '../support/clock.ts';
import { openInstance, type TestInstance, testKeys } from '../support/key-ring.ts';
import {
  basic,
  originsOf,
  resources,
  someClient,
  type TestDirectory,
  testDirectory,
  type TestRoles,
  testRoles,
  type TestSecrets,
  testSecrets,
} from '../support/oauth.ts';

export const PATH = '/oauth2/api/v1/token';
export const FORM = 'application/x-www-form-urlencoded';
export const SECRET = 'correct horse:battery+staple';
export const good = basic('app', SECRET);

export interface Sent {
  readonly method?: string;
  /** With its question mark. */
  readonly query?: string;
  readonly authorization?: string;
  readonly type?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TokenEndpoint {
  readonly clock: TestClock;
  readonly clients: TestDirectory;
  readonly roles: TestRoles;
  readonly secrets: TestSecrets;
  readonly trail: TestTrail;
  readonly throttle: TestThrottle;
  /** How long the endpoint has waited before refusals. */
  readonly waits: number[];
  readonly prepared: string[];
  readonly send: (sent: Sent) => Promise<Answer & { readonly call: TestCall }>;
  readonly claimsOf: (answer: Answer) => Promise<AccessTokenClaims>;
}

/**
 * A way to token endpoints on one key ring; each has clients, roles and a clock of its own.
 * @param others parts to have in the place of those for clients with secrets.
 */
export function tokenEndpoints(
  others: (clock: TestClock) => Partial<TokenEndpointDeps> = () => ({}),
): (...clients: Client[]) => TokenEndpoint {
  let instance: TestInstance;
  before(async () => {
    instance = openInstance(await testKeys());
  });
  return (...clients) => {
    const clock = testClock();
    const { ring } = instance;
    const verifier = createAccessTokenVerifier({ ring, clock });
    const waits: number[] = [];
    const prepared: string[] = [];
    const parts = {
      clients: testDirectory(...(clients.length === 0 ? [someClient()] : clients)),
      roles: testRoles(),
      secrets: testSecrets(() => SECRET),
      trail: testTrail(),
      throttle: testThrottle(),
    };
    const handle = createTokenEndpoint({
      ...parts,
      audit: parts.trail,
      origins: originsOf(parts.clients),
      resources,
      methods: [clientSecret(parts.secrets)],
      grants: new Map([['client_credentials', () => clientCredentials]]),
      binding: { confirm: () => Promise.resolve(undefined) },
      issuer: createAccessTokenIssuer({ ring, clock }),
      clock,
      wait: (milliseconds) => {
        waits.push(milliseconds);
        clock.advance(milliseconds);
        return Promise.resolve();
      },
      beforeClient: (clientId) => {
        prepared.push(clientId);
        return Promise.resolve();
      },
      ...others(clock),
    });
    return {
      ...parts,
      clock,
      waits,
      prepared,
      send: async ({ method = 'POST', query = '', authorization, type, body, headers }) => {
        const call = makeCall({
          method,
          path: PATH + query,
          body,
          receivedAt: clock.now(),
          headers: {
            ...(authorization === undefined ? {} : { authorization }),
            ...(type === undefined ? {} : { 'content-type': type }),
            ...headers,
          },
        });
        return { ...(await answerOf(handle, call, oauthSurface)), call };
      },
      claimsOf: (answer) => verifier.verify(String(answer.json()['access_token'])),
    };
  };
}
