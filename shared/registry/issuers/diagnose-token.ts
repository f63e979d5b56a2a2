import {
  readForeignToken,
  type UnverifiedToken,
  type VerifiedForeignToken,
  verifyForeignToken,
} from '../../jwt/foreign-token.ts';
import { type PublicKey, selectKey } from '../../jwt/public-keys.ts';
import { TokenFault } from '../../jwt/types.ts';
import { userOfClient } from '../client.ts';
import { type Check, fail, pass } from '../diagnosis/check.ts';
import type { RoleStore } from '../role-store.ts';
import { identify, rolesGivenBy } from './claim-rules.ts';
import { tokenTypesOf, type TrustedIssuer } from './issuer.ts';

export type TokenCheckName =
  'token_read' | 'token_issuer' | 'token_key' | 'token_verified' | 'token_identity';

type TokenCheck = Check<TokenCheckName>;

/**
 * Walks a token through all that it meets at dispatch, and says where it stops. For administrators: it
 * tells what callers are not told.
 * @param keys as the issuer publishes them now.
 * @param now seconds since the epoch.
 */
export async function diagnoseToken(
  issuer: TrustedIssuer,
  token: string,
  keys: readonly PublicKey[],
  { roles, now }: { readonly roles: RoleStore; readonly now: number },
): Promise<readonly TokenCheck[]> {
  const checks: TokenCheck[] = [];
  let unverified: UnverifiedToken;
  try {
    unverified = readForeignToken(token);
    const { kid, algorithm, typ } = unverified;
    checks.push(
      pass(
        'token_read',
        `Its header has kid ${kid ?? '(none)'}, alg ${algorithm}, typ ${typ ?? '(none)'}.`,
      ),
    );
  } catch (error) {
    return [failed('token_read', error, 'Send a JWT that is signed with RS, PS, ES or EdDSA.')];
  }
  checks.push(checkIssuer(issuer, unverified));
  const key = selectKey(keys, unverified.kid, unverified.algorithm);
  checks.push(
    key === undefined
      ? fail(
          'token_key',
          `The issuer publishes no key, or several, for kid ${unverified.kid ?? '(none)'} and ${unverified.algorithm}.`,
          'Compare discovery or jwks_uri with the issuer: some servers have other keys for each application.',
        )
      : pass('token_key', 'The issuer publishes the key that the token names.'),
  );
  let verified: VerifiedForeignToken;
  try {
    const { audience } = issuer;
    const typ = tokenTypesOf(issuer);
    verified = verifyForeignToken(unverified, { issuer: issuer.issuer, audience, typ, key, now });
    checks.push(pass('token_verified', 'Signature, typ, iss, aud and times are good.'));
  } catch (error) {
    return [
      ...checks,
      failed('token_verified', error, 'Correct the entry, or request another token.'),
    ];
  }
  return [...checks, await checkIdentity(issuer, verified, roles)];
}

function checkIssuer({ issuer }: TrustedIssuer, { claims }: UnverifiedToken): TokenCheck {
  const { iss } = claims;
  if (iss === issuer) return pass('token_issuer', 'iss is the issuer of this entry.');
  const found = typeof iss === 'string' ? iss.slice(0, 300) : 'missing';
  return fail(
    'token_issuer',
    `iss is ${found}, and this entry is for ${issuer}. They are compared to the letter.`,
    'Set issuer of the entry to what its tokens have.',
  );
}

async function checkIdentity(
  issuer: TrustedIssuer,
  { claims }: VerifiedForeignToken,
  roles: RoleStore,
): Promise<TokenCheck> {
  const identity = identify(issuer, claims);
  if (identity.kind === 'nobody') {
    return fail(
      'token_identity',
      identity.why,
      'Correct required_claims, client_rules or user_claim.',
    );
  }
  const user = identity.kind === 'user' ? identity.user : userOfClient(identity.clientId);
  const assigned = [...(await roles.rolesOf(issuer.subscription, user))];
  const given = rolesGivenBy(issuer, claims);
  const list = (names: readonly string[]): string => names.join(', ') || 'none';
  return pass(
    'token_identity',
    `It acts as ${user} in ${issuer.subscription}. Roles that are assigned: ${list(assigned)}; given by the token: ${list(given)}.`,
  );
}

/** @throws whatever is no fault of the token. */
function failed(check: TokenCheckName, error: unknown, remedy: string): TokenCheck {
  if (!(error instanceof TokenFault)) throw error;
  return fail(check, `${error.message} It failed the check: ${error.check}.`, remedy);
}
