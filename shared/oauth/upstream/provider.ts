import { StaleCache } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import {
  verifyForeignToken,
  type ForeignClaims,
  readForeignToken,
} from '../../jwt/foreign-token.ts';
import type { RemoteKeys } from '../../jwt/remote-keys.ts';
import { TokenFault } from '../../jwt/types.ts';
import { FetchFault } from '../../net/fetch-fault.ts';
import type { JsonClient } from '../../net/json-client.ts';

/** The OpenID provider that people may sign in at, and who we are there. */
export interface UpstreamSettings {
  /** Exactly as its metadata and its ID tokens have it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a client that is registered as a public one. */
  readonly clientSecret: string | undefined;
  /** The claim that names the user. */
  readonly claim: string;
}

/** What of its metadata is needed (OpenID Connect Discovery section 3). */
export interface ProviderMetadata {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly userinfoEndpoint: string | undefined;
  readonly postsSecret: boolean;
  /** RFC 9207 section 3: answers without `iss` are not its own. */
  readonly namesItself: boolean;
  /** undefined where it does not say. */
  readonly signingAlgorithms: readonly string[] | undefined;
}

export interface UpstreamProvider {
  /** @throws {Fault} 503 */
  metadata(): Promise<ProviderMetadata>;
  /**
   * Exchanges a code for the verified claims of its ID token (Core sections 3.1.3.3 and 3.1.3.7), and
   * those of UserInfo (section 5.3) where the claim that names the user is not among them.
   * @throws {Fault} 503 while the provider is away, 502 when its answer is not to be trusted
   */
  redeem(code: Redemption): Promise<ForeignClaims>;
}

export interface Redemption {
  readonly code: string;
  readonly verifier: string;
  readonly nonce: string;
  readonly redirectUri: string;
}

const FRESH_MS = 10 * 60_000;
/** While the provider does not answer, its metadata holds for this long. */
const OLDEST_MS = 24 * 3_600_000;

export function createUpstreamProvider(
  settings: UpstreamSettings,
  deps: { readonly client: JsonClient; readonly keys: RemoteKeys; readonly clock: Clock },
): UpstreamProvider {
  const { client, keys, clock } = deps;
  const discovery = `${settings.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const known = new StaleCache(
    async () => readMetadata(await client.get(discovery), settings.issuer),
    { clock, maxEntries: 1, freshMs: FRESH_MS, staleMs: OLDEST_MS },
  );
  const metadata = (): Promise<ProviderMetadata> => answering(known.get(''));

  const verify = async (
    idToken: string,
    { jwksUri, signingAlgorithms }: ProviderMetadata,
    nonce: string,
  ): Promise<ForeignClaims> => {
    try {
      const token = readForeignToken(idToken);
      if (signingAlgorithms?.includes(token.algorithm) === false) {
        throw new TokenFault('invalid_token', 'Another algorithm than announced.', 'alg');
      }
      const { claims } = verifyForeignToken(token, {
        issuer: settings.issuer,
        audience: [settings.clientId],
        typ: [undefined, 'jwt'],
        key: await keys.keyFor({ jwksUri }, token.kid, token.algorithm),
        now: clock.now() / 1000,
      });
      requireForUs(claims, settings.clientId, nonce);
      return claims;
    } catch (error) {
      if (!(error instanceof TokenFault)) throw error;
      throw untrusted(`id_token_${error.check}`, error);
    }
  };

  return {
    metadata,
    async redeem(sent) {
      const provider = await metadata();
      const { form, headers } = tokenRequest(settings, provider, sent);
      const answer = await answering(client.postForm(provider.tokenEndpoint, form, headers));
      const { id_token: idToken, access_token: accessToken, error } = membersOf(answer.body);
      if (answer.status !== 200 || typeof idToken !== 'string') {
        const code = typeof error === 'string' ? error.slice(0, 100) : 'no error code';
        throw untrusted('token_endpoint', new Error(`${answer.status}, ${code}`));
      }
      const claims = await verify(idToken, provider, sent.nonce);
      const { userinfoEndpoint } = provider;
      if (settings.claim in claims || userinfoEndpoint === undefined) return claims;
      if (typeof accessToken !== 'string' || !/^[\x21-\x7e]+$/.test(accessToken)) return claims;
      const Authorization = `Bearer ${accessToken}`;
      const info = membersOf(await answering(client.get(userinfoEndpoint, { Authorization })));
      // Section 5.3.4: else it may be somebody else's.
      if (info['sub'] !== claims['sub']) throw untrusted('userinfo_sub', undefined);
      return { ...info, ...claims };
    },
  };
}

function readMetadata(document: unknown, issuer: string): ProviderMetadata {
  const members = membersOf(document);
  // RFC 8414 section 3.3: metadata that names another issuer must not be used.
  if (members['issuer'] !== issuer) {
    const named = String(members['issuer']).slice(0, 300);
    throw new Error(`The metadata is of the issuer ${named}, not of ${issuer}.`);
  }
  const address = (name: string): string => {
    const value = members[name];
    if (typeof value === 'string' && URL.canParse(value) && !value.includes('#')) return value;
    throw new Error(`The metadata of ${issuer} has no ${name}.`);
  };
  const list = (name: string): readonly string[] | undefined => {
    const value = members[name];
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;
  };
  const authorizationEndpoint = address('authorization_endpoint');
  if (!/^https?:$/.test(new URL(authorizationEndpoint).protocol)) {
    throw new Error(`The authorization_endpoint of ${issuer} is no web address.`);
  }
  const methods = list('token_endpoint_auth_methods_supported');
  return {
    authorizationEndpoint,
    tokenEndpoint: address('token_endpoint'),
    jwksUri: address('jwks_uri'),
    userinfoEndpoint: 'userinfo_endpoint' in members ? address('userinfo_endpoint') : undefined,
    // Discovery section 3: left out, it is client_secret_basic.
    postsSecret: methods !== undefined && !methods.includes('client_secret_basic'),
    namesItself: members['authorization_response_iss_parameter_supported'] === true,
    signingAlgorithms: list('id_token_signing_alg_values_supported'),
  };
}

function tokenRequest(
  { clientId, clientSecret }: UpstreamSettings,
  { postsSecret }: ProviderMetadata,
  { code, verifier, redirectUri }: Redemption,
): { form: URLSearchParams; headers: Record<string, string> } {
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
  if (clientSecret === undefined || postsSecret) {
    form.set('client_id', clientId);
    if (clientSecret !== undefined) form.set('client_secret', clientSecret);
    return { form, headers: {} };
  }
  // RFC 6749 section 2.3.1 has both form-encoded.
  const [id, secret] = [clientId, clientSecret].map(encodeFormValue);
  const basic = Buffer.from(`${id ?? ''}:${secret ?? ''}`).toString('base64');
  return { form, headers: { Authorization: `Basic ${basic}` } };
}

const encodeFormValue = (text: string): string =>
  new URLSearchParams({ v: text }).toString().slice('v='.length);

/** Core section 3.1.3.7, beyond what holds for every token of another issuer. */
function requireForUs(claims: ForeignClaims, clientId: string, nonce: string): void {
  const { aud, azp, sub, iat } = claims;
  const refuse = (check: string): TokenFault =>
    new TokenFault('invalid_token', 'The ID token is not for this sign-in.', check);
  if (claims['nonce'] !== nonce) throw refuse('nonce');
  if (azp !== undefined && azp !== clientId) throw refuse('azp');
  if (Array.isArray(aud) && aud.length > 1 && azp === undefined) throw refuse('azp');
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) throw refuse('sub');
  if (typeof iat !== 'number') throw refuse('iat');
}

/** What the network or the provider's own answer has against it. */
async function answering<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Fault) throw error;
    const away = error instanceof FetchFault ? 'does not answer' : 'is not set up as expected';
    throw Fault.unavailable(
      `The other sign-in service ${away}. Try again later, or sign in another way.`,
      30,
      error,
    );
  }
}

function untrusted(reason: string, cause: unknown): Fault {
  return new Fault(
    502,
    'The other sign-in service has given an answer that this server cannot trust. Start again; if it stays, tell the operator.',
    { reason, cause },
  );
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
