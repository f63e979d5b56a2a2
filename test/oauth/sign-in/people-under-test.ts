import { randomBytes } from 'node:crypto';
import type { Handler } from '../../../shared/http/call.ts';
import { Fault } from '../../../shared/http/fault.ts';
import { pageSurface } from '../../../shared/oauth/pages/page-surface.ts';
import { createAccountEndpoint } from '../../../shared/oauth/sign-in/account-endpoint.ts';
import type { AccountGrant } from '../../../shared/oauth/sign-in/account-grants.ts';
import { createSignIn } from '../../../shared/oauth/sign-in/create-sign-in.ts';
import { createFormTokens } from '../../../shared/oauth/sign-in/form-token.ts';
import { createSessions } from '../../../shared/oauth/sign-in/sessions.ts';
import { createSignInEndpoint } from '../../../shared/oauth/sign-in/sign-in-endpoint.ts';
import { createSignOutEndpoint } from '../../../shared/oauth/sign-in/sign-out-endpoint.ts';
import { createSecretVerifier } from '../../../shared/registry/secret-verifier.ts';
import { hashPassword } from '../../../shared/registry/users/password.ts';
import type { User } from '../../../shared/registry/users/user.ts';
import { openSessionStore } from '../../../shared/storage/sessions.ts';
import { openTables } from '../../../shared/storage/tables.ts';
import { createUserStore } from '../../../shared/storage/users.ts';
import { testThrottle, testTrail } from '../../support/audit.ts';
import { testStorage } from '../../support/azurite.ts';
import { makeCall, type TestCall } from '../../support/call.ts';
import { testClock } from '../../support/clock.ts';
import { type Fetch, PASSWORD, Person } from '../../support/people.ts';

/** The pages for people over storage of their own; the address that people know begins with https. */
export async function openPeople() {
  const tables = openTables(await testStorage());
  const [users, store] = [createUserStore(tables), openSessionStore(tables)];
  const clock = testClock();
  const random = randomBytes;
  const waits: number[] = [];
  const [throttle, trail] = [testThrottle(), testTrail()];
  const isHttps = true;
  const csrfKey = randomBytes(32);
  const sessions = createSessions({ store, users, clock, random, csrfKey, isHttps });
  const deps = {
    users,
    secrets: createSecretVerifier({ clock, random }),
    throttle,
    sessions,
    audit: trail,
    clock,
    random,
    wait: (milliseconds: number) => Promise.resolve(void waits.push(milliseconds)),
  };
  /** By user. */
  const grants = new Map<string, AccountGrant[]>();
  const endpoints: readonly (readonly [string, Handler])[] = [
    [
      '/oauth2/api/v1/sign-in',
      createSignInEndpoint({
        ...deps,
        formTokens: createFormTokens({ key: randomBytes(32), random, isHttps }),
        upstream: undefined,
      }),
    ],
    ['/oauth2/api/v1/sign-out', createSignOutEndpoint(deps)],
    [
      '/oauth2/api/v1/account',
      createAccountEndpoint({
        ...deps,
        grants: {
          list: (user) => Promise.resolve(grants.get(user) ?? []),
          end: (user, grantId) => {
            const kept = (grants.get(user) ?? []).filter((one) => one.grantId !== grantId);
            const ended = kept.length !== grants.get(user)?.length;
            grants.set(user, kept);
            return Promise.resolve(ended);
          },
        },
      }),
    ],
  ];

  /** What the log event of the last call says besides. */
  let logged: TestCall['annotations'] = {};
  const send: Fetch = async (url, { method = 'GET', headers, body }) => {
    const { pathname, search } = new URL(url);
    const call = makeCall({
      method,
      path: pathname + search,
      headers,
      body,
      receivedAt: clock.now(),
    });
    logged = call.annotations;
    const handle = endpoints.find(([path]) => pathname.startsWith(path))?.[1];
    if (handle === undefined) throw new Error(`Nothing is at ${pathname}`);
    const reply = await (async () => handle(call))().catch((error: unknown) => {
      if (!(error instanceof Fault)) throw error;
      const shown = pageSurface.toReply(error, call);
      return { ...shown, headers: { ...shown.headers, ...error.headers } };
    });
    const sent = new Headers(reply.headers);
    for (const cookie of reply.cookies ?? []) {
      const age = cookie.maxAge === undefined ? '' : `; max-age=${cookie.maxAge}`;
      const flags = `${cookie.secure ? '; secure' : ''}; httponly; samesite=${cookie.sameSite}`;
      sent.append(
        'set-cookie',
        `${cookie.name}=${cookie.value}; path=${cookie.path}${age}${flags}`,
      );
    }
    return new Response(Buffer.from(reply.body ?? ''), { status: reply.status, headers: sent });
  };

  /** Makes a user with {@link PASSWORD}. */
  const makeUser = async (
    name: string,
    changes: Partial<User> = {},
    mustChange = false,
  ): Promise<User> => {
    const user: User = {
      user: name,
      displayName: name,
      email: undefined,
      enabled: true,
      credential: await hashPassword(PASSWORD, mustChange, random),
      sessionKey: 'first',
      createdAt: clock.now(),
      updatedAt: clock.now(),
      lastSignInAt: undefined,
      ...changes,
    };
    await users.create(user);
    return user;
  };
  /** Changes a user as the registry would. */
  const change = async (name: string, changes: Partial<User>): Promise<void> => {
    const found = await users.read(name);
    if (found === undefined) throw new Error(`There is no ${name}`);
    await users.replace({ ...found.value, ...changes }, found.etag);
  };
  const signIn = createSignIn(sessions);
  return {
    users,
    store,
    tables,
    clock,
    throttle,
    trail,
    waits,
    grants,
    makeUser,
    change,
    newPerson: () => new Person('https://flowgate.example', send),
    send,
    logged: () => logged,
    whoIs: (person: Person) =>
      signIn.whoIs(makeCall({ path: '/oauth2/api/v1/authorize', headers: cookieHeader(person) })),
    signIn,
  };
}

export type People = Awaited<ReturnType<typeof openPeople>>;

export const SESSION_COOKIE = '__Host-flowgate-session';

function cookieHeader({ cookies }: Person): Record<string, string> {
  return { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
}
