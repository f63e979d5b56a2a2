import { hash } from 'node:crypto';
import { REFUSE_ON_MS } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import {
  FOREIGN_LEEWAY,
  readForeignToken,
  type UnverifiedToken,
  type VerifiedForeignToken,
  verifyForeignToken,
} from '../../jwt/foreign-token.ts';
import type { RemoteKeys } from '../../jwt/remote-keys.ts';
import { TokenFault } from '../../jwt/types.ts';
import { VerifiedTokens } from '../../jwt/verified-tokens.ts';
import { identify, type Identity } from '../../registry/issuers/claim-rules.ts';
import {
  type IssuerDirectory,
  type IssuerUse,
  sourceOf,
  tokenTypesOf,
  type TrustedIssuer,
} from '../../registry/issuers/issuer.ts';

/** Tokens that are remembered as verified: with all their claims, of up to 16 KiB each. */
const MAX_KEPT = 2000;
/** After that a token is verified again: its key may have been withdrawn. */
const VERIFIED_FOR_MS = 5 * 60_000;

/** What a token of a trusted issuer is wanted for. */
export interface Purpose {
  readonly use: IssuerUse;
  readonly subscription: string;
  /** What `aud` may be beside the audiences of the issuer's entry. */
  readonly audiences: readonly string[];
}

/** A token that is good, and whom it speaks for. */
export interface JudgedToken {
  readonly issuer: TrustedIssuer;
  readonly token: VerifiedForeignToken;
  readonly identity: Exclude<Identity, { readonly kind: 'nobody' }>;
}

/** A token of a trusted issuer that is not taken; the text may be told to whoever sent it. */
export class JudgedFault extends Error {
  readonly reason: 'invalid_token' | 'expired' | 'wrong_subscription' | 'access_policy';
  /** Which check it failed, for the log. */
  readonly check: string;

  constructor(reason: JudgedFault['reason'], check: string, detail: string, cause?: unknown) {
    super(detail, { cause });
    this.name = 'JudgedFault';
    this.reason = reason;
    this.check = check;
  }
}

export interface TokenJudge {
  /**
   * Verifies a token by the keys and rules of the trusted issuer that it names. A token seen before is
   * answered from memory for up to five minutes, as long as the issuer's entry has not changed.
   * @returns undefined if no enabled entry has the token's `iss`. This and refusals rest on entries
   *   that were read at most {@link REFUSE_ON_MS} ago.
   * @throws {JudgedFault}
   * @throws {Fault} 503 while the issuer's keys cannot be had.
   */
  judge(token: string, purpose: Purpose): Promise<JudgedToken | undefined>;
}

interface Kept extends JudgedToken {
  readonly verifiedAt: number;
}

export function createTokenJudge(deps: {
  readonly issuers: IssuerDirectory;
  readonly keys: RemoteKeys;
  readonly clock: Clock;
}): TokenJudge {
  const { issuers, keys, clock } = deps;
  const verified = new VerifiedTokens<Kept>(MAX_KEPT);

  const judgeBy = async (
    entries: readonly TrustedIssuer[],
    unverified: UnverifiedToken,
    purpose: Purpose,
  ): Promise<JudgedToken | undefined> => {
    const issuer = chooseEntry(entries, unverified, purpose);
    if (issuer === undefined) return undefined;
    // A changed entry is another one: nothing that was judged by the old one is remembered.
    const name = `${issuer.issuerId} ${issuer.updatedAt} ${purpose.use} ${hash('sha256', unverified.token, 'base64')}`;
    const now = clock.now();
    const seen = verified.get(name);
    if (
      seen !== undefined &&
      now >= seen.verifiedAt &&
      now - seen.verifiedAt < VERIFIED_FOR_MS &&
      now / 1000 < seen.token.expiresAt + FOREIGN_LEEWAY
    ) {
      return requireUse(seen, purpose);
    }
    verified.delete(name);
    const key = await keys.keyFor(sourceOf(issuer), unverified.kid, unverified.algorithm);
    const token = verifyForeignToken(unverified, {
      issuer: issuer.issuer,
      audience: [...issuer.audience, ...purpose.audiences],
      typ: tokenTypesOf(issuer),
      key,
      now: now / 1000,
    });
    const identity = identify(issuer, token.claims);
    if (identity.kind === 'nobody') throw new JudgedFault('access_policy', 'rules', identity.why);
    const judged = requireUse({ issuer, token, identity }, purpose);
    verified.set(name, { ...judged, verifiedAt: now });
    return judged;
  };

  return {
    async judge(token, purpose) {
      let unverified: UnverifiedToken;
      try {
        unverified = readForeignToken(token);
      } catch (error) {
        throw faultOf(error);
      }
      const { iss } = unverified.claims;
      if (typeof iss !== 'string') return undefined;
      const entries = await issuers.of(iss);
      try {
        const judged = await judgeBy(entries, unverified, purpose);
        if (judged !== undefined) return judged;
      } catch (error) {
        const fault = faultOf(error);
        if (!(fault instanceof JudgedFault)) throw fault;
        if (entries === (await issuers.of(iss, REFUSE_ON_MS))) throw fault;
      }
      try {
        return await judgeBy(await issuers.of(iss, REFUSE_ON_MS), unverified, purpose);
      } catch (error) {
        throw faultOf(error);
      }
    },
  };
}

/**
 * Several entries may share an `iss`. The one that the token is for, by its audience, comes before
 * others, and of those the one of the subscription and the use that are wanted.
 */
function chooseEntry(
  entries: readonly TrustedIssuer[],
  { claims }: UnverifiedToken,
  { use, subscription }: Purpose,
): TrustedIssuer | undefined {
  const audiences = [claims['aud']].flat();
  const isMeant = (entry: TrustedIssuer): boolean =>
    entry.audience.some((one) => audiences.includes(one));
  const isHere = (entry: TrustedIssuer): boolean => entry.subscription === subscription;
  const isForUse = (entry: TrustedIssuer): boolean => entry.use.includes(use);
  return (
    entries.find((entry) => isMeant(entry) && isHere(entry) && isForUse(entry)) ??
    entries.find((entry) => isMeant(entry) && isHere(entry)) ??
    entries.find(isMeant) ??
    entries.find((entry) => isHere(entry) && isForUse(entry)) ??
    entries.find(isHere) ??
    entries[0]
  );
}

/** Only now, that the token is known to be good, is it told what else it is not good for. */
function requireUse<T extends JudgedToken>(judged: T, { use, subscription }: Purpose): T {
  const { issuer } = judged;
  if (!issuer.use.includes(use)) {
    throw new JudgedFault(
      'access_policy',
      'use',
      use === 'direct'
        ? 'Tokens of this issuer are not taken here, only exchanged: get an access token for it at the token endpoint.'
        : 'Tokens of this issuer are not exchanged here: send them to the iFlow themselves.',
    );
  }
  if (issuer.subscription === subscription) return judged;
  throw new JudgedFault(
    'wrong_subscription',
    'subscription',
    `Tokens of this issuer with this audience are for subscription ${issuer.subscription}, but this is subscription ${subscription}.`,
  );
}

function faultOf(error: unknown): unknown {
  return error instanceof TokenFault
    ? new JudgedFault(error.reason, error.check, error.message, error)
    : error;
}
