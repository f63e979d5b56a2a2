import type { Parameters } from '../../http/form.ts';
import type { Client } from '../../registry/client.ts';
import { OAuthError } from '../errors.ts';
import type { ResourceIndicators } from '../resource.ts';
import { grantScope } from '../scope.ts';
import { isRegistered } from './redirect-uri.ts';
import type { SentParameters } from './request-parameters.ts';

/** OpenID Connect Core section 3.1.2.1. */
export type Prompt = 'none' | 'login' | 'consent' | 'select_account';

/** What an authorization request asks for, every part of it checked. */
export interface AuthorizationRequest {
  readonly client: Client;
  readonly redirectUri: string;
  /** Whether the request has named it; then the token request has to name it too. */
  readonly namesRedirectUri: boolean;
  readonly state: string | undefined;
  readonly scopes: readonly string[];
  /** base64url of a SHA-256 (RFC 7636 section 4.2). */
  readonly codeChallenge: string;
  /** Thumbprint of the key that the code is bound to (RFC 9449 section 10). */
  readonly dpopJkt: string | undefined;
  readonly prompt: ReadonlySet<Prompt>;
  /** Seconds that the person's sign-in may lie back. */
  readonly maxAge: number | undefined;
  readonly loginHint: string | undefined;
}

/** Where the answer goes, be it a code or an error. */
export interface RedirectTarget {
  readonly redirectUri: string;
  readonly namesRedirectUri: boolean;
  readonly state: string | undefined;
}

/**
 * Where to send the answer. Nothing is ever sent to an address that is not the client's: what is
 * thrown here is shown to the person, or answered to a request that was pushed.
 * @throws {OAuthError} `invalid_request`
 */
export function findRedirectTarget(
  client: Client,
  { values, repeated }: SentParameters,
): RedirectTarget {
  if (repeated.has('redirect_uri')) throw repeats('redirect_uri');
  const named = values.get('redirect_uri');
  const redirectUri = named ?? onlyOne(client.redirectUris);
  if (redirectUri === undefined) {
    throw OAuthError.invalidRequest(
      'redirect_uri_missing',
      client.redirectUris.length === 0
        ? 'The client has no redirect URI. Register one in its redirect_uris.'
        : 'redirect_uri is missing. Send one that the client is registered with.',
    );
  }
  if (!isRegistered(redirectUri, client.redirectUris)) {
    throw OAuthError.invalidRequest(
      'redirect_uri_not_registered',
      'The client is not registered with this redirect_uri. It has to be the same character by character; only the port of http://127.0.0.1 and http://[::1] may differ.',
    );
  }
  const state = values.get('state');
  const echoed = state !== undefined && isPrintable(state) ? state : undefined;
  return { redirectUri, namesRedirectUri: named !== undefined, state: echoed };
}

/**
 * Reads the rest of a request whose answer has a place to go to.
 * @throws {OAuthError} with a code of RFC 6749 section 4.1.2.1
 */
export function readAuthorizationRequest(
  client: Client,
  target: RedirectTarget,
  { values, repeated }: SentParameters,
  resources: ResourceIndicators,
): AuthorizationRequest {
  for (const name of repeated) throw repeats(name);
  refuseRequestObjects(values);
  if (!client.grantTypes.includes('authorization_code')) {
    throw OAuthError.unauthorizedClient('authorization_code');
  }
  requireCodeFlow(values);
  if (values.get('state') !== target.state) {
    throw malformed('state', 'state has printable ASCII characters only (RFC 6749 appendix A.5).');
  }
  const scope = grantScope(values.get('scope'), client);
  resources.require(values.get('resource'), client);
  return {
    client,
    ...target,
    scopes: scope === '' ? [] : scope.split(' '),
    codeChallenge: readCodeChallenge(values),
    dpopJkt: readThumbprint(values.get('dpop_jkt')),
    prompt: readPrompt(values.get('prompt')),
    maxAge: readMaxAge(values.get('max_age')),
    loginHint: readLoginHint(values.get('login_hint')),
  };
}

/** RFC 9101: what a request says is said in its parameters, or pushed. */
function refuseRequestObjects(values: Parameters): void {
  if (values.has('request')) {
    throw new OAuthError(
      'request_not_supported',
      'Request objects (RFC 9101) are not taken. Send the parameters as they are, or push them (RFC 9126).',
      { reason: 'request_object' },
    );
  }
  if (values.has('request_uri')) {
    throw new OAuthError(
      'request_uri_not_supported',
      'request_uri can only be one that the pushed authorization request endpoint has given.',
      { reason: 'request_object' },
    );
  }
}

function requireCodeFlow(values: Parameters): void {
  const type = values.get('response_type');
  if (type === undefined) {
    throw OAuthError.invalidRequest(
      'response_type_missing',
      'response_type is missing. Send response_type=code.',
    );
  }
  if (type !== 'code') {
    throw new OAuthError(
      'unsupported_response_type',
      'The only response_type is code: tokens are not sent through the browser (RFC 9700 section 2.1.2).',
      { reason: 'unsupported_response_type' },
    );
  }
  const mode = values.get('response_mode');
  if (mode !== undefined && mode !== 'query') {
    throw malformed('response_mode', 'The only response_mode is query. Leave it out.');
  }
}

/** RFC 7636, and RFC 9700 section 2.1.1: every client has to, and only with S256. */
function readCodeChallenge(values: Parameters): string {
  const challenge = values.get('code_challenge');
  if (challenge === undefined) {
    throw OAuthError.invalidRequest(
      'code_challenge_missing',
      'code_challenge is missing. Every client sends one, with code_challenge_method=S256 (RFC 7636).',
    );
  }
  if (values.get('code_challenge_method') !== 'S256') {
    throw malformed(
      'code_challenge_method',
      'code_challenge_method has to be S256; without it a challenge counts as plain, which is not taken.',
    );
  }
  if (!isSha256(challenge)) {
    throw malformed(
      'code_challenge',
      'code_challenge is the SHA-256 of the code_verifier in base64url without padding: 43 characters.',
    );
  }
  return challenge;
}

function readThumbprint(jkt: string | undefined): string | undefined {
  if (jkt === undefined || isSha256(jkt)) return jkt;
  throw malformed('dpop_jkt', 'dpop_jkt is a thumbprint (RFC 7638): 43 characters of base64url.');
}

const PROMPTS: readonly string[] = ['none', 'login', 'consent', 'select_account'];

function readPrompt(text: string | undefined): ReadonlySet<Prompt> {
  const prompt = new Set((text ?? '').split(' ').filter((word) => word !== ''));
  if (![...prompt].every((word) => PROMPTS.includes(word))) {
    throw malformed('prompt', `prompt can be ${PROMPTS.join(', ')}.`);
  }
  if (prompt.has('none') && prompt.size > 1) {
    throw malformed('prompt', 'prompt=none excludes every other.');
  }
  return prompt as ReadonlySet<Prompt>;
}

function readMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw malformed('max_age', 'max_age is a whole number of seconds.');
}

function readLoginHint(text: string | undefined): string | undefined {
  if (text === undefined || /^\P{Cc}{1,200}$/u.test(text)) return text;
  throw malformed('login_hint', 'login_hint has at most 200 characters, none of them control.');
}

const onlyOne = (uris: readonly string[]): string | undefined =>
  uris.length === 1 ? uris[0] : undefined;

/** RFC 6749 appendix A.5. */
const isPrintable = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

const isSha256 = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);

const malformed = (parameter: string, description: string): OAuthError =>
  OAuthError.invalidRequest(`${parameter}_invalid`, description);

const repeats = (name: string): OAuthError =>
  OAuthError.invalidRequest('repeated_parameter', `${name} is repeated. Send it once.`);
