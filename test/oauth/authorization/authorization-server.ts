import { hash, randomBytes } from 'node:crypto';
import { before } from 'node:test';
import { createAccessTokenIssuer } from '../../../shared/jwt/sign.ts';
import type { AccessTokenClaims, Confirmation } from '../../../shared/jwt/types.ts';
import { createAccessTokenVerifier } from '../../../shared/jwt/verify.ts';
import { createAuthorizationEndpoint } from '../../../shared/oauth/authorization/authorization-endpoint.ts';
import type { AuthorizationCode } from '../../../shared/oauth/authorization/authorization-codes.ts';
import { createPublicRequests } from '../../../shared/oauth/public-requests.ts';
import { createPushedRequestEndpoint } from '../../../shared/oauth/authorization/pushed-request-endpoint.ts';
import {
  createPushedRequests,
  type PushedRequest,
} from '../../../shared/oauth/authorization/pushed-requests.ts';
import { authorizationSurface } from '../../../shared/oauth/authorization/refusal.ts';
import { createSignInMarks } from '../../../shared/oauth/authorization/sign-in-marks.ts';
import { clientSecret } from '../../../shared/oauth/client-authentication/client-secret.ts';
import {
  clientIdAlone,
  nothing,
} from '../../../shared/oauth/client-authentication/client-id-alone.ts';
import { oauthSurface } from '../../../shared/oauth/errors.ts';
import { authorizationCode } from '../../../shared/oauth/grants/authorization-code.ts';
import { refreshToken } from '../../../shared/oauth/grants/refresh-token.ts';
import { createRefreshTokens } from '../../../shared/oauth/refresh-tokens.ts';
import type { SignedIn, SignIn } from '../../../shared/oauth/sign-in/sign-in.ts';
import type { TokenBinding } from '../../../shared/oauth/token-binding.ts';
import { createTokenEndpoint } from '../../../shared/oauth/token-endpoint.ts';
import type { Client } from '../../../shared/registry/client.ts';
import { openConsents } from '../../../shared/storage/consents.ts';
import { type GrantTable, openGrants } from '../../../shared/storage/grants.ts';
import { openSecretRecords } from '../../../shared/storage/secret-records.ts';
import { openTables } from '../../../shared/storage/tables.ts';
import { type TestTrail, testThrottle, testTrail } from '../../support/audit.ts';
import { testStorage, type TestStorage } from '../../support/azurite.ts';
import { type Answer, answerOf, makeCall } from '../../support/call.ts';
import { type TestClock, testClock } from '../../support/clock.ts';
import { type CuttableEnding, cuttableEnding } from '../../support/grant-ending.ts';
import { openInstance, type TestInstance, testKeys } from '../../support/key-ring.ts';
import {
  basic,
  originsOf,
  resources,
  someClient,
  type TestDirectory,
  testDirectory,
  testRoles,
  testSecrets,
} from '../../support/oauth.ts';

export const ISSUER = 'https://flowgate.example';
export const CALLBACK = 'https://app.example/cb?at=1';
export const AUTHORIZE = '/oauth2/api/v1/authorize';
export const SECRET = 'a-secret-of-the-app';
export const VERIFIER = 'a-verifier-with-at-least-forty-three-characters';
export const CHALLENGE = hash('sha256', VERIFIER, 'base64url');

/** A client that people allow things. */
export function someApp(changes: Partial<Client> = {}): Client {
  return someClient({
    clientName: 'The <App>',
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: [CALLBACK],
    scopes: ['read', 'write'],
    createdAt: 1000,
    ...changes,
  });
}

/** The authorization request of {@link someApp}; `undefined` leaves a parameter out. */
export function requestOf(
  changes: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const all = {
    response_type: 'code',
    client_id: 'app',
    redirect_uri: CALLBACK,
    scope: 'read',
    state: 'a state & more',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  };
  const entries: [string, string | undefined][] = Object.entries(all);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export type Form = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

export interface AuthorizationServer {
  readonly clock: TestClock;
  readonly clients: TestDirectory;
  readonly trail: TestTrail;
  readonly grants: GrantTable;
  /** Who is signed in; may be replaced. */
  who: SignedIn | undefined;
  /** Whom the server was told to let in no more. */
  readonly disabled: Set<string>;
  /** When users were made, for those that were not always there. */
  readonly madeAt: Map<string, number>;
  /** What the caller has proven to hold. */
  confirmation: Confirmation | undefined;
  /** Where people were sent from, and how they were to sign in. */
  readonly asked: {
    returnTo: string;
    prompt?: string | undefined;
    loginHint?: string | undefined;
  }[];
  /** Grants whose access tokens were revoked. */
  readonly ended: string[];
  readonly ending: CuttableEnding;
  get(parameters: Form): Promise<Answer>;
  post(form: Form): Promise<Answer>;
  push(form: Form, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  token(form: Form, options?: { client?: string; receivedAt?: number }): Promise<Answer>;
  claimsOf(answer: Answer): Promise<AccessTokenClaims>;
  /** A code of {@link requestOf}, after the user's consent. */
  obtainCode(changes?: Readonly<Record<string, string | undefined>>): Promise<string>;
  /** The answer of the token endpoint to a code, with what it needs. */
  redeem(code: string, changes?: Readonly<Record<string, string>>): Promise<Answer>;
}

/** A way to make the endpoints; all that one test file makes work on one storage. */
export function authorizationServers(): (...clients: Client[]) => AuthorizationServer {
  let instance: TestInstance;
  let storage: TestStorage;
  before(async () => {
    instance = openInstance(await testKeys());
    storage = await testStorage();
  });
  return (...clients) => open(instance, storage, clients.length === 0 ? [someApp()] : clients);
}

function open(
  { ring }: TestInstance,
  storage: TestStorage,
  clients: readonly Client[],
): AuthorizationServer {
  const clock = testClock();
  const tables = openTables(storage);
  const trail = testTrail();
  const grants = openGrants(tables);
  const codes = openSecretRecords<AuthorizationCode>(tables, 'code');
  const records = openSecretRecords<PushedRequest>(tables, 'pushed_request');
  const pushed = createPushedRequests({ records, clock, random: randomBytes });
  const directory = testDirectory(...clients);
  const key = Buffer.alloc(32, 1);
  const verifier = createAccessTokenVerifier({ ring, clock });
  const common = {
    resources,
    clients: directory,
    audit: trail,
    clock,
    random: randomBytes,
    issuer: ISSUER,
    pushed,
  };
  const ended: string[] = [];
  const server: Omit<
    AuthorizationServer,
    'get' | 'post' | 'push' | 'token' | 'obtainCode' | 'redeem'
  > = {
    clock,
    clients: directory,
    trail,
    grants,
    who: { user: 'ann', authTime: clock.now() / 1000 - 60, csrf: 'csrf-of-ann' },
    disabled: new Set<string>(),
    madeAt: new Map<string, number>(),
    confirmation: undefined,
    asked: [],
    ended,
    ending: cuttableEnding({
      grants,
      consents: openConsents(tables),
      revocations: { revokeGrant: (grantId) => Promise.resolve(void ended.push(grantId)) },
      clock,
    }),
    claimsOf: (answer) => verifier.verify(String(answer.json()['access_token'])),
  };
  const signIn: SignIn = {
    whoIs: () => Promise.resolve(server.who),
    ask: (_call, returnTo, wish) => {
      server.asked.push({ returnTo, ...wish });
      return { status: 303, headers: { Location: '/sign-in' } };
    },
  };
  const binding: TokenBinding = { confirm: () => Promise.resolve(server.confirmation) };
  const authorize = createAuthorizationEndpoint({
    ...common,
    signIn,
    marks: createSignInMarks(key, clock),
    consents: openConsents(tables),
    codes,
  });
  const authentication = {
    methods: [clientSecret(testSecrets(() => SECRET)), clientIdAlone({ none: nothing })],
    throttle: testThrottle(),
    wait: (milliseconds: number) => {
      clock.advance(milliseconds);
      return Promise.resolve();
    },
    roles: testRoles(),
    origins: originsOf(directory),
  };
  const push = createPushedRequestEndpoint({
    publicRequests: createPublicRequests(clock),
    ...common,
    ...authentication,
    binding,
  });
  const deps = {
    ...common,
    grants,
    codes,
    ...server.ending,
    refreshTokens: createRefreshTokens(key),
    users: {
      isEnabled: (user: string, since: number) =>
        Promise.resolve(!server.disabled.has(user) && (server.madeAt.get(user) ?? 0) <= since),
    },
  };
  const token = createTokenEndpoint({
    ...common,
    ...authentication,
    binding,
    issuer: createAccessTokenIssuer({ ring, clock }),
    grants: new Map([
      ['authorization_code', () => authorizationCode(deps)],
      ['refresh_token', () => refreshToken(deps)],
    ]),
  });
  const send = (
    handle: typeof token,
    path: string,
    form: Form,
    headers: Readonly<Record<string, string>>,
    receivedAt = clock.now(),
  ): Promise<Answer> =>
    answerOf(
      handle,
      makeCall({
        method: 'POST',
        path,
        body: encode(form),
        receivedAt,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      }),
      path === AUTHORIZE ? authorizationSurface : oauthSurface,
    );
  const methods: Pick<
    AuthorizationServer,
    'get' | 'post' | 'push' | 'token' | 'obtainCode' | 'redeem'
  > = {
    get: (parameters) =>
      answerOf(
        authorize,
        makeCall({ path: `${AUTHORIZE}?${encode(parameters)}`, receivedAt: clock.now() }),
        authorizationSurface,
      ),
    post: (form) => send(authorize, AUTHORIZE, form, {}),
    push: (form, headers = { authorization: basic('app', SECRET) }) =>
      send(push, '/oauth2/api/v1/par', form, headers),
    token: (form, { client = 'app', receivedAt } = {}) => {
      const isPublic = directory.stored.get(client)?.tokenEndpointAuthMethod === 'none';
      const headers = isPublic ? undefined : { authorization: basic(client, SECRET) };
      const sent = isPublic ? [...pairsOf(form), ['client_id', client] as const] : form;
      return send(token, '/oauth2/api/v1/token', sent, headers ?? {}, receivedAt);
    },
    obtainCode: async (changes = {}) => {
      const request = requestOf(changes);
      const csrf = server.who?.csrf ?? '';
      const answer = await methods.post({ ...request, csrf, decision: 'allow' });
      const code = locationOf(answer).searchParams.get('code');
      if (code === null) throw new Error(`No code: ${answer.status} ${answer.text}`);
      return code;
    },
    redeem: (code, changes = {}) =>
      methods.token({
        grant_type: 'authorization_code',
        code,
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
        ...changes,
      }),
  };
  return Object.assign(server, methods);
}

const pairsOf = (form: Form): readonly (readonly [string, string])[] =>
  Array.isArray(form) ? (form as readonly (readonly [string, string])[]) : Object.entries(form);

const encode = (form: Form): string =>
  new URLSearchParams(pairsOf(form).map(([name, value]) => [name, value])).toString();

/** Where an answer sends the browser. */
export function locationOf(answer: Answer): URL {
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`No Location: ${answer.status} ${answer.text}`);
  return new URL(location, 'http://localhost');
}

/** The members that an answer has added to {@link CALLBACK}. */
export function toldTo(answer: Answer, callback = CALLBACK): Record<string, string> {
  const location = answer.headers.get('location') ?? '';
  const joint = callback.includes('?') ? '&' : '?';
  if (!location.startsWith(callback + joint)) throw new Error(`Not to the client: ${location}`);
  return Object.fromEntries(new URLSearchParams(location.slice(callback.length + 1)));
}
