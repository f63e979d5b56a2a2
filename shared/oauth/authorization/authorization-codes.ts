import type { Clock } from '../../config/clock.ts';
import { newGrantId } from '../grant-id.ts';
import type { SecretRecords } from '../secret-records.ts';
import type { SignedIn } from '../sign-in/sign-in.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

/** How long a code may take from the browser to the token endpoint, in milliseconds. */
export const CODE_LIFETIME_MS = 60_000;

/** What a code was issued for (RFC 6749 section 4.1.2, RFC 7636 section 4.4). */
export interface AuthorizationCode {
  /** The grant that it becomes, known before: that it can be made only once makes the code count once. */
  readonly grantId: string;
  readonly user: string;
  /** Epoch seconds. */
  readonly authTime: number;
  readonly clientId: string;
  /** `Client.tokensFrom`. */
  readonly tokensFrom: number;
  readonly subscription: string;
  readonly redirectUri: string;
  readonly namesRedirectUri: boolean;
  readonly codeChallenge: string;
  readonly scopes: readonly string[];
  readonly dpopJkt: string | undefined;
}

/** @returns the code: 256 random bits, of which only the hash is kept. */
export async function issueCode(
  { client, ...request }: AuthorizationRequest,
  { user, authTime }: Pick<SignedIn, 'user' | 'authTime'>,
  deps: {
    readonly codes: Pick<SecretRecords<AuthorizationCode>, 'put'>;
    readonly clock: Clock;
    readonly random: (bytes: number) => Buffer;
  },
): Promise<string> {
  const code = deps.random(32).toString('base64url');
  const record: AuthorizationCode = {
    grantId: newGrantId(user, deps.random),
    user,
    authTime,
    clientId: client.clientId,
    tokensFrom: client.tokensFrom,
    subscription: client.subscription,
    redirectUri: request.redirectUri,
    namesRedirectUri: request.namesRedirectUri,
    codeChallenge: request.codeChallenge,
    scopes: request.scopes,
    dpopJkt: request.dpopJkt,
  };
  await deps.codes.put(code, record, deps.clock.now() + CODE_LIFETIME_MS);
  return code;
}
