import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../config/clock.ts';
import type { HttpCall, HttpReply } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { type Parameters, readParameters } from '../../http/form.ts';
import type { ForeignClaims } from '../../jwt/foreign-token.ts';
import type { AuditTrail } from '../../registry/audit/audit-trail.ts';
import type { RandomBytes } from '../../registry/secrets.ts';
import { newSessionKey } from '../../registry/users/change-user.ts';
import type { User } from '../../registry/users/user.ts';
import type { UserStore } from '../../registry/users/user-store.ts';
import { html } from '../pages/html.ts';
import { page } from '../pages/page.ts';
import { addressWith, readReturnTo, SIGN_IN } from '../sign-in/addresses.ts';
import { type Sessions, UNKNOWN_TIME } from '../sign-in/sessions.ts';
import { goOnPage, seeOther } from '../sign-in/sign-in-pages.ts';
import type { UpstreamSignIn } from '../sign-in/upstream-endpoint.ts';
import type { Throttle } from '../throttle.ts';
import type { Journey, Journeys } from './journey.ts';
import type { UpstreamProvider, UpstreamSettings } from './provider.ts';
import { type NamedPerson, nameOfClaims, type UserMapping } from './user-of-claims.ts';

export interface UpstreamDeps {
  readonly settings: UpstreamSettings & UserMapping & { readonly name: string };
  readonly provider: UpstreamProvider;
  readonly journeys: Journeys;
  readonly users: UserStore;
  readonly sessions: Sessions;
  readonly throttle: Throttle;
  readonly audit: Pick<AuditTrail, 'note' | 'change'>;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Ours, without trailing slash: the provider sends browsers back to it. */
  readonly issuer: string;
}

const SCOPE = 'openid profile email';

/** Signing in at the upstream provider: authorization code with PKCE, state and nonce (Core section 3.1). */
export function createUpstreamSignIn(deps: UpstreamDeps): UpstreamSignIn {
  const { settings, provider, journeys } = deps;
  const redirectUri = `${deps.issuer}${SIGN_IN}/callback`;

  const noteRefusal = (call: HttpCall, user: string, reason: string): void => {
    call.annotate({ reason });
    deps.audit.note({
      action: 'user.sign_in',
      actor: '',
      object: { type: 'user', name: user },
      call,
      outcome: 'failure',
      reason,
      detail: `at ${settings.issuer}`,
    });
  };

  /** Each attempt is a request to the provider in our name, so that failures slow whoever makes them. */
  const countRefusal = async (call: HttpCall, error: unknown): Promise<never> => {
    if (!(error instanceof Fault) || error.status !== 502) throw error;
    noteRefusal(call, '', error.reason);
    throw (await deps.throttle.countFailure(call, '')) ?? error;
  };

  /** A page that says why not, with the way back to where the person began. */
  const refuse = (journey: Journey, status: number, text: string): HttpReply =>
    page({
      title: 'You are not signed in',
      status,
      cookies: [journeys.end()],
      body: html`<p role="alert">${text}</p>
        <p>
          <a href="${addressWith(SIGN_IN, { return_to: journey.returnTo })}">Sign in another way</a>
        </p>`,
    });

  const begin = async (
    call: HttpCall,
    journey: Journey,
    claims: ForeignClaims,
  ): Promise<HttpReply> => {
    const person = nameOfClaims(claims, settings);
    if (person === undefined) {
      noteRefusal(call, '', 'no_user_name');
      const text = `Your account at ${settings.name} has no user name that this server can take. Ask the operator.`;
      return refuse(journey, 403, text);
    }
    const user = await findOrCreate(call, person, String(claims['sub']), deps);
    if (user?.enabled !== true) {
      noteRefusal(call, person.user, user === undefined ? 'name_taken' : 'user_disabled');
      const text =
        user === undefined
          ? `The user name ${person.user} belongs to another account here. Ask an administrator.`
          : 'Your account may not sign in here. Ask an administrator.';
      return refuse(journey, 403, text);
    }
    const now = deps.clock.now();
    const authTime = claims['auth_time'];
    // What the provider does not say is not made up: the person may have signed in there long ago.
    const shown = typeof authTime === 'number' ? Math.min(authTime * 1000, now) : UNKNOWN_TIME;
    if (shown === UNKNOWN_TIME && journey.isAnew) {
      noteRefusal(call, user.user, 'no_auth_time');
      const text = `The application wants you to sign in anew, and ${settings.name} does not say when you did. Ask the operator.`;
      return refuse(journey, 403, text);
    }
    const cookie = await deps.sessions.begin(call, user, shown);
    await deps.users.noteSignIn(user.user, now);
    call.annotate({ user: user.user });
    const object = { type: 'user', name: user.user };
    const detail = `at ${settings.issuer}`;
    deps.audit.note({ action: 'user.sign_in', actor: user.user, object, call, detail });
    return goOnPage('You are signed in', journey.returnTo, [cookie, journeys.end()]);
  };

  return {
    name: settings.name,

    async start(call) {
      const query = await readParameters(call, 0, new Set());
      const { authorizationEndpoint } = await provider.metadata();
      const isAnew = query.get('prompt') === 'login';
      const { journey, cookie } = journeys.begin(readReturnTo(query.get('return_to')), isAnew);
      const target = new URL(authorizationEndpoint);
      const asked = {
        response_type: 'code',
        client_id: settings.clientId,
        redirect_uri: redirectUri,
        scope: SCOPE,
        state: journey.state,
        nonce: journey.nonce,
        code_challenge: journey.challenge,
        code_challenge_method: 'S256',
        login_hint: query.get('login_hint'),
        prompt: isAnew ? 'login' : undefined,
        // Core section 3.1.2.1: with it the ID token has to say auth_time.
        max_age: isAnew ? '0' : undefined,
      };
      for (const [name, value] of Object.entries(asked)) {
        if (value !== undefined) target.searchParams.set(name, value);
      }
      return seeOther(target.href, [cookie]);
    },

    async callback(call) {
      const query = await readParameters(call, 0, new Set());
      const journey = journeys.find(call);
      if (journey === undefined || !isSame(query.get('state') ?? '', journey.state)) {
        throw new Fault(
          400,
          'This browser has not begun this sign-in, or it took too long. Go back to the application and start again; cookies have to be allowed.',
          { reason: 'unknown_journey' },
        );
      }
      if (!(await isOfProvider(query, deps))) {
        noteRefusal(call, '', 'wrong_iss');
        return refuse(journey, 400, `The answer did not come from ${settings.name}.`);
      }
      const code = query.get('code');
      if (code === undefined) {
        noteRefusal(call, '', `upstream_${codeOf(query.get('error'))}`);
        return refuse(journey, 400, `${settings.name} has not signed you in.`);
      }
      const { verifier, nonce } = journey;
      deps.throttle.admit(call);
      const claims = await provider
        .redeem({ code, verifier, nonce, redirectUri })
        .catch((error: unknown) => countRefusal(call, error));
      return begin(call, journey, claims);
    },
  };
}

/** RFC 9207 section 2.4. */
async function isOfProvider(
  query: Parameters,
  { provider, settings }: Pick<UpstreamDeps, 'provider' | 'settings'>,
): Promise<boolean> {
  const iss = query.get('iss');
  if (iss !== undefined) return iss === settings.issuer;
  return !(await provider.metadata()).namesItself;
}

/**
 * The account of a person, made at the first sign-in. It is held by issuer and `sub`, which never go to
 * anybody else: a name that belongs to a local account, or to another person upstream, is not given.
 * @returns undefined where the name belongs to somebody else.
 */
async function findOrCreate(
  call: HttpCall,
  person: NamedPerson,
  subject: string,
  { users, settings: { issuer }, audit, clock, random }: UpstreamDeps,
): Promise<User | undefined> {
  const known = await users.read(person.user);
  if (known === undefined) {
    const now = clock.now();
    const user: User = {
      ...person,
      enabled: true,
      credential: { kind: 'upstream', issuer, subject },
      sessionKey: newSessionKey(random),
      createdAt: now,
      updatedAt: now,
      lastSignInAt: undefined,
    };
    const object = { type: 'user', name: user.user };
    const event = { action: 'user.create', actor: user.user, object, call, detail: `at ${issuer}` };
    const made = await audit.change(event, () => users.create(user));
    if (made !== undefined) return user;
  }
  // Made meanwhile: by the same person, most likely.
  const found = known?.value ?? (await users.read(person.user))?.value;
  const credential = found?.credential;
  const isTheirs =
    credential?.kind === 'upstream' &&
    credential.issuer === issuer &&
    credential.subject === subject;
  return isTheirs ? found : undefined;
}

function isSame(sent: string, right: string): boolean {
  const [a, b] = [Buffer.from(sent), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** For log and trail. */
const codeOf = (error: string | undefined): string =>
  error !== undefined && /^[a-z_]{1,60}$/.test(error) ? error : 'no_code';
