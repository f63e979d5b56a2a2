import { REFUSE_ON_MS } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import type { Handler, HttpCall, HttpReply } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import type { Parameters } from '../../http/form.ts';
import type { AuditTrail } from '../../registry/audit/audit-trail.ts';
import type { Client, ClientDirectory } from '../../registry/client.ts';
import { isClientId } from '../../registry/client-id.ts';
import { consentedAs, type Consents } from '../consents.ts';
import { OAuthError } from '../errors.ts';
import type { ResourceIndicators } from '../resource.ts';
import type { SecretRecords } from '../secret-records.ts';
import { AUTHORIZE } from '../sign-in/addresses.ts';
import { requireFormOf, type SignedIn, type SignIn } from '../sign-in/sign-in.ts';
import { type AuthorizationCode, issueCode } from './authorization-codes.ts';
import {
  type AuthorizationRequest,
  findRedirectTarget,
  readAuthorizationRequest,
  type RedirectTarget,
} from './authorization-request.ts';
import { consentPage, SWITCH_USER } from './consent-page.ts';
import { isConsentKept, isConsentNeeded } from './consent.ts';
import { isPushed, type PushedRequests } from './pushed-requests.ts';
import { redirectTo } from './redirect-uri.ts';
import { AuthorizationRefusal } from './refusal.ts';
import {
  pairsOfRequest,
  readSent,
  type SentParameters,
  sortParameters,
  toQuery,
} from './request-parameters.ts';
import { MARK, type SignInMarks } from './sign-in-marks.ts';

export interface AuthorizationEndpointDeps {
  /** No trailing slash. */
  readonly issuer: string;
  readonly clients: ClientDirectory;
  readonly signIn: SignIn;
  readonly marks: SignInMarks;
  readonly consents: Consents;
  readonly resources: ResourceIndicators;
  readonly pushed: Pick<PushedRequests, 'open' | 'answer'>;
  readonly codes: Pick<SecretRecords<AuthorizationCode>, 'put'>;
  readonly audit: Pick<AuditTrail, 'note'>;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
}

/** A request as it is handled: what it asks for, and what the browser has to bring again. */
interface Visit {
  readonly request: AuthorizationRequest;
  /** The request's parameters; of one that was pushed only the reference. */
  readonly carried: Parameters;
  /** All pairs that came. */
  readonly sent: URLSearchParams;
}

/**
 * The authorization endpoint (RFC 6749 section 3.1), for `response_type=code` alone. A form of our
 * consent page comes by POST with its token; a client's request by POST becomes one by GET, since a
 * browser sends no cookie along with another site's form.
 */
export function createAuthorizationEndpoint(deps: AuthorizationEndpointDeps): Handler {
  return async (call) => {
    if (call.method !== 'GET' && call.method !== 'POST') {
      throw Fault.methodNotAllowed(['GET', 'POST']);
    }
    const sent = await readSent(call);
    const isForm = call.method === 'POST' && sent.has('csrf');
    if (call.method === 'POST' && !isForm) return bringByGet(sent);
    const visit = await receive(call, sent, deps);
    const { request } = visit;
    call.annotate({ client: request.client.clientId });
    const party = { call, client: request.client, target: request };
    return refusingTo(party, deps, () => handle(call, visit, isForm, deps));
  };
}

function bringByGet(sent: URLSearchParams): HttpReply {
  const query = pairsOfRequest(sent).toString();
  return {
    status: 303,
    headers: { Location: `${AUTHORIZE}?${query}`, 'Cache-Control': 'no-store' },
  };
}

async function receive(
  call: HttpCall,
  sent: URLSearchParams,
  deps: AuthorizationEndpointDeps,
): Promise<Visit> {
  const parameters = sortParameters(sent);
  const client = await findClient(parameters, deps.clients);
  const requestUri = parameters.values.get('request_uri');
  const isReference = requestUri !== undefined && isPushed(requestUri);
  const asked = isReference ? await deps.pushed.open(requestUri, client) : parameters;
  const target = findRedirectTarget(client, asked);
  return refusingTo({ call, client, target }, deps, () => {
    if (client.requirePushedAuthorizationRequests && !isReference) {
      throw OAuthError.invalidRequest(
        'not_pushed',
        'The client has to push its authorization requests (RFC 9126).',
      );
    }
    const request = readAuthorizationRequest(client, target, asked, deps.resources);
    const reference = ['client_id', 'request_uri'].map((name): [string, string] => [
      name,
      parameters.values.get(name) ?? '',
    ]);
    return { request, carried: isReference ? new Map(reference) : asked.values, sent };
  });
}

/** Nothing is sent to anybody's address as long as it is not known who asks: these errors are pages. */
async function findClient(
  { values, repeated }: SentParameters,
  clients: ClientDirectory,
): Promise<Client> {
  const clientId = values.get('client_id');
  if (clientId === undefined || repeated.has('request_uri') || !isClientId(clientId)) {
    throw OAuthError.invalidRequest(
      'client_id_missing',
      'The request does not say once which application it is from (client_id). Go back to the application, and tell its maker.',
    );
  }
  const client = await clients.find(clientId, REFUSE_ON_MS);
  if (client?.enabled === true) return client;
  throw OAuthError.invalidRequest(
    client === undefined ? 'unknown_client' : 'client_disabled',
    'There is no application of this client_id, or it is disabled. Go back to the application, and tell its maker.',
  );
}

/**
 * Has the client told of refusals. One that has registered itself hears of them only from a person who
 * has signed in, or would have to: nobody has vouched for where it sends browsers (RFC 9700 section
 * 4.11.2).
 */
async function refusingTo<T>(
  party: { readonly call: HttpCall; readonly client: Client; readonly target: RedirectTarget },
  { issuer, signIn }: Pick<AuthorizationEndpointDeps, 'issuer' | 'signIn'>,
  work: () => Promise<T> | T,
): Promise<T> {
  const { call, client, target } = party;
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const isVouchedFor = client.registration === undefined || error.code === 'login_required';
    if (!isVouchedFor && (await signIn.whoIs(call)) === undefined) throw error;
    throw new AuthorizationRefusal(error, target, issuer);
  }
}

async function handle(
  call: HttpCall,
  visit: Visit,
  isForm: boolean,
  deps: AuthorizationEndpointDeps,
): Promise<HttpReply> {
  const { request, carried, sent } = visit;
  const who = await deps.signIn.whoIs(call);
  if (who === undefined || mustSignIn(who, visit, deps)) return askWho(call, visit, who, deps);
  if (isForm) {
    requireFormOf(who, new Map([['csrf', sent.get('csrf') ?? '']]));
    return decide(call, visit, who, deps);
  }
  if (!(await isConsentNeeded(request, who.user, deps.consents))) {
    return answer(call, visit, who, deps);
  }
  if (request.prompt.has('none')) {
    throw new OAuthError('consent_required', 'The user has not yet allowed this.', {
      reason: 'consent_required',
    });
  }
  const mark = sent.get(MARK);
  const fields = mark === null ? carried : new Map([...carried, [MARK, mark] as const]);
  return consentPage(request, who, fields);
}

/** Whether a person who is signed in has to show again who it is. */
function mustSignIn(
  { authTime }: SignedIn,
  { request: { prompt, maxAge }, carried, sent }: Visit,
  { marks, clock }: AuthorizationEndpointDeps,
): boolean {
  if (sent.has(SWITCH_USER)) return true;
  const isOld = maxAge !== undefined && clock.now() / 1000 - authTime > maxAge;
  if (!isOld && !prompt.has('login') && !prompt.has('select_account')) return false;
  return !marks.isAnswered(sent.get(MARK), carried, authTime);
}

function askWho(
  call: HttpCall,
  { request, carried }: Visit,
  who: SignedIn | undefined,
  { signIn, marks }: AuthorizationEndpointDeps,
): HttpReply {
  if (request.prompt.has('none')) {
    throw new OAuthError('login_required', 'The user has to sign in.', {
      reason: 'login_required',
    });
  }
  const query = toQuery(carried);
  query.set(MARK, marks.make(carried));
  const { prompt: wishes, maxAge } = request;
  const isAnew = wishes.has('login') || wishes.has('select_account') || maxAge !== undefined;
  const prompt = who === undefined && !isAnew ? undefined : 'login';
  return signIn.ask(call, `${AUTHORIZE}?${query.toString()}`, {
    prompt,
    loginHint: request.loginHint,
  });
}

/** What the person has answered on our consent page. */
async function decide(
  call: HttpCall,
  visit: Visit,
  who: SignedIn,
  deps: AuthorizationEndpointDeps,
): Promise<HttpReply> {
  const { client, scopes } = visit.request;
  const decision = visit.sent.getAll('decision').join();
  if (decision === 'allow') {
    if (isConsentKept(visit.request)) {
      const app = consentedAs(client);
      const before = await deps.consents.find(who.user, app);
      await deps.consents.remember(who.user, app, new Set([...(before ?? []), ...scopes]));
    }
    return answer(call, visit, who, deps);
  }
  if (decision !== 'deny') {
    throw new Fault(400, 'Choose whether to allow it. Go back and send the form again.', {
      reason: 'decision',
    });
  }
  await settle(visit, deps);
  note(call, visit, who, deps, { outcome: 'failure', reason: 'access_denied' });
  throw new OAuthError('access_denied', 'The user has not allowed it.', {
    reason: 'access_denied',
  });
}

/** The code, for the client (RFC 6749 section 4.1.2, RFC 9207 section 2). */
async function answer(
  call: HttpCall,
  visit: Visit,
  who: SignedIn,
  deps: AuthorizationEndpointDeps,
): Promise<HttpReply> {
  await settle(visit, deps);
  const { redirectUri, state } = visit.request;
  const code = await issueCode(visit.request, who, deps);
  note(call, visit, who, deps, {});
  return redirectTo(redirectUri, { code, state, iss: deps.issuer });
}

/** A request that was pushed is answered once (RFC 9126 section 7.3). */
async function settle({ carried }: Visit, { pushed }: AuthorizationEndpointDeps): Promise<void> {
  const requestUri = carried.get('request_uri');
  if (requestUri !== undefined) await pushed.answer(requestUri);
}

function note(
  call: HttpCall,
  { request: { client, scopes } }: Visit,
  { user }: SignedIn,
  { audit }: AuthorizationEndpointDeps,
  more: { readonly outcome?: 'failure'; readonly reason?: string },
): void {
  audit.note({
    action: 'authorization.grant',
    actor: user,
    object: { type: 'client', name: client.clientId },
    call,
    detail: scopes.length === 0 ? 'no scopes' : scopes.join(' '),
    ...more,
  });
}
